# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Senders of pages by reference, each with a reader in a process of its own."""
import contextlib
import os
import random
import signal
import socket
import struct
from collections.abc import Callable, Iterator

from load import Load, nap
from guest import PAGE, Flow, pattern, sh
from memory import private, send_zerocopy, vmsplice

SIZE = 8 << 20
CHUNK = 256 << 10
MAPPED = ("/mnt/ext4/soak", "/mnt/xfs/soak")
CUT = ("/mnt/ext4/soak-cut", "/mnt/tmpfs/soak-cut")  # by truncate(2), so nobody maps them
FILES = MAPPED + CUT
RESET = struct.pack("ii", 1, 0)  # struct linger


def make_files() -> None:
    for path in FILES:
        with open(path, "wb") as file:
            file.write(pattern(SIZE))


def read_until(rx: socket.socket, size: int) -> None:
    """Read as a reader on a slow line does, and leave after `size` bytes."""
    buf = bytearray(CHUNK)
    while size > 0:
        got = rx.recv_into(buf)
        if not got:
            return
        size -= got
        if not random.randrange(4):
            nap(0.02)


@contextlib.contextmanager
def connection(**where: str) -> Iterator[socket.socket]:
    """The sending end of a connection. One in four is left by its reader, whose end the kernel
    resets if bytes wait there; one in four is reset by the sender; one in eight of the readers is
    killed."""
    flow = Flow(**where)
    flow.rx.settimeout(10)  # a namespace can go before all is sent
    size = random.randrange(SIZE) if not random.randrange(4) else 1 << 62
    reader = os.fork()
    if not reader:
        try:
            flow.tx.close()
            read_until(flow.rx, size)
        finally:
            os._exit(0)
    flow.rx.close()
    try:
        with contextlib.suppress(ConnectionError):
            yield flow.tx
        if not random.randrange(4):
            flow.tx.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if not random.randrange(8):
            os.kill(reader, signal.SIGKILL)
    finally:
        flow.tx.close()
        os.waitpid(reader, 0)


def by_sendfile(load: Load, sock: socket.socket, path: str) -> None:
    with open(path, "rb") as file:
        for _ in range(random.randrange(8, 64)):
            off = random.randrange(SIZE - CHUNK)
            load.moved(os.sendfile(sock.fileno(), file.fileno(), off, CHUNK))
            if load.stopped():
                break


def by_splice(load: Load, sock: socket.socket, path: str) -> None:
    reading, writing = os.pipe()
    try:
        with open(path, "rb") as file:
            for _ in range(random.randrange(8, 64)):
                left = os.splice(file.fileno(), writing, CHUNK,
                                 offset_src=random.randrange(SIZE - CHUNK))
                while left:
                    n = os.splice(reading, sock.fileno(), left)
                    load.moved(n)
                    left -= n
                if load.stopped():
                    break
    finally:
        os.close(reading)
        os.close(writing)


def by_memory(load: Load, sock: socket.socket, send: Callable) -> None:
    """Memory of the sender's own, which it uses again too early."""
    mem = private(pattern(16 * PAGE))  # which fits into the pipe of vmsplice()
    for n in range(32):
        send(sock, mem)
        load.moved(len(mem))
        mem[random.randrange(len(mem))] = n
        if load.stopped():
            break


def stream(load: Load, send: Callable, *args: object) -> None:
    with connection() as sock, contextlib.suppress(OSError):
        send(load, sock, *args)


def confined(load: Load) -> None:
    """The same in a cgroup that has less memory than its file, which is read from the disk."""
    path = "/mnt/ext4/soak-large"
    if not os.path.exists(path):
        with open(path, "wb") as file:
            for _ in range(8):
                file.write(pattern(SIZE))
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        sh("""set -e
            echo +memory > /sys/fs/cgroup/cgroup.subtree_control
            mkdir /sys/fs/cgroup/soak
            echo 40M > /sys/fs/cgroup/soak/memory.high""")
        sh(f"echo {os.getpid()} > /sys/fs/cgroup/soak/cgroup.procs")
    with connection() as sock, open(path, "rb") as file:
        for off in range(0, 8 * SIZE, CHUNK):
            load.moved(os.sendfile(sock.fileno(), file.fileno(), off, CHUNK))
            if load.stopped():
                break


def across(load: Load, number: int) -> None:
    """Between two network namespaces that come, and go while bytes are under way."""
    names = [f"soak{number}-{end}" for end in "ab"]
    a, b = names
    sh(f"""set -e
        ip netns add {a}; ip netns add {b}
        ip link add s{number}a netns {a} type veth peer name s{number}b netns {b}
        ip -n {a} addr add 10.90.{number}.1/24 dev s{number}a; ip -n {a} link set s{number}a up
        ip -n {b} addr add 10.90.{number}.2/24 dev s{number}b; ip -n {b} link set s{number}b up""")
    try:
        with connection(host=f"10.90.{number}.2", tx_netns=a, rx_netns=b) as sock:
            by_sendfile(load, sock, random.choice(FILES))
            sh(f"ip netns del {a}; ip netns del {b}")
    finally:
        sh(f"ip netns del {a} || true; ip netns del {b} || true")


def loads() -> list[Load]:
    return [
        *(Load(f"sendfile-{number}", stream, by_sendfile, path)
          for number, path in enumerate(FILES)),
        Load("splice", stream, by_splice, MAPPED[0]),
        Load("zerocopy", stream, by_memory, send_zerocopy),
        Load("vmsplice", stream, by_memory, vmsplice),
        Load("confined", confined),
        Load("namespaces", across, 1),
    ]

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What scenarios are made of: files of known bytes, processes with names, connections."""
import contextlib
import ctypes
import fcntl
import json
import os
import re
import socket
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator

BIN = "build/pageflight"
WRITER = "build/tests/guest/writer"
SENDZC = "build/tests/guest/sendzc"
MOUNTS = "/mnt"
PAGE = 4096
DEADLINE = 120  # seconds, so that a broken test ends
START = 600  # the same for a start, since the verifier is slow on a busy machine

LIBC = ctypes.CDLL(None, use_errno=True)
SO_SNDBUFFORCE = 32
SO_RCVBUFFORCE = 33
SIOCINQ = 0x541B
SIOCOUTQ = 0x5411
TCP_INFO_RESENDS = 100  # offset of tcpi_total_retrans
CLONE_NEWNS = 0x20000
CLONE_NEWNET = 0x40000000

Ranges = list[tuple[int, int]]
_INVERT = bytes(b ^ 0xFF for b in range(256))


def pattern(size: int) -> bytes:
    """Bytes of which none is zero and none is another inverted. Each page differs from the next."""
    return (bytes(range(1, 128)) * (size // 127 + 1))[:size]


def invert(data: bytes) -> bytes:
    return data.translate(_INVERT)


def changed(old: bytes, new: bytes) -> Ranges:
    """Where two byte strings of one length differ, as (offset, length)."""
    assert len(old) == len(new), f"{len(old)} bytes expected, {len(new)} there"
    size = len(old)
    xor = int.from_bytes(old, "big") ^ int.from_bytes(new, "big")
    differ = xor.to_bytes(size, "big")
    return [(m.start(), m.end() - m.start()) for m in re.finditer(rb"[^\0]+", differ)]


def merged(ranges: Ranges) -> Ranges:
    """The ranges in order, with those that touch or overlap made one."""
    out: Ranges = []
    for off, length in sorted(ranges):
        if out and off <= sum(out[-1]):
            out[-1] = (out[-1][0], max(sum(out[-1]), off + length) - out[-1][0])
        else:
            out.append((off, length))
    return out


def file_ranges(incident: dict) -> Ranges:
    return [(r["file_offset"], r["length"]) for r in incident["ranges"]]


def until(done: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    """Poll a condition. Only a broken test reaches the deadline."""
    end = time.monotonic() + deadline
    while not done():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.002)


def libc(name: str, *args: object) -> None:
    if getattr(LIBC, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)


def sh(command: str) -> str:
    """Run a shell command that has to succeed. Returns its output."""
    done = subprocess.run(["bash", "-c", command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise AssertionError(f"exit status {done.returncode}: {command}\n{done.stdout}")
    return done.stdout


class Did:
    """Who did something, as /proc names it, and the result."""

    def __init__(self, pid: int, tid: int, comm: str, value: object = None):
        self.pid, self.tid, self.comm, self.value = pid, tid, comm, value


class Running:
    """A process that start_as() has started."""

    def __init__(self, pid: int, comm: str, pipe: int):
        self.pid, self.comm, self.pipe = pid, comm, pipe

    def result(self) -> Did:
        """Wait until it has ended."""
        with os.fdopen(self.pipe, "rb") as pipe:
            said = json.loads(pipe.read() or b'{"error": "died"}')
        os.waitpid(self.pid, 0)
        if "error" in said:
            raise AssertionError(f"{self.comm}: {said['error']}")
        return Did(self.pid, said["tid"], self.comm, said["value"])


def start_as(comm: str, fn: Callable, *args: object, thread: bool = False) -> Running:
    """Call fn in a new process with this name, or in a thread of its own there."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Running(pid, comm, reading)
    os.close(reading)
    said = {}

    def act() -> None:
        try:
            with open("/proc/thread-self/comm", "w", encoding="ascii") as name:
                name.write(comm)
            said["value"] = fn(*args)
            said["tid"] = threading.get_native_id()
        except BaseException:  # pylint: disable=broad-exception-caught
            said["error"] = traceback.format_exc()

    if thread:
        worker = threading.Thread(target=act)
        worker.start()
        worker.join()
    else:
        act()
    os.write(writing, json.dumps(said).encode())
    os._exit(0)


class Held(Running):
    """A process that does something and keeps it until end(). What it calls gets a descriptor to
    which it says so by a byte, and one from which it reads another when it may end."""

    def __init__(self, comm: str, fn: Callable, *args: object):
        ready, said = os.pipe()
        end, self.send_end = os.pipe()
        running = start_as(comm, fn, *args, said, end)
        super().__init__(running.pid, comm, running.pipe)
        self.open = (ready, said, end, self.send_end)
        self.said = os.read(ready, 1)

    def end(self) -> None:
        os.write(self.send_end, b"e")
        self.result()
        for fd in self.open:
            os.close(fd)


def run_as(comm: str, fn: Callable, *args: object, thread: bool = False) -> Did:
    return start_as(comm, fn, *args, thread=thread).result()


def waiting(sock: socket.socket) -> int:
    """How many bytes wait in a socket for its reader."""
    return int.from_bytes(fcntl.ioctl(sock, SIOCINQ, b"\0" * 4), "little")


def run_program(*argv: str) -> Did:
    """Run a program. Returns its process id and status."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as proc:
        proc.wait()
    return Did(proc.pid, proc.pid, os.path.basename(argv[0]), proc.returncode)


@contextlib.contextmanager
def netns(name: str | None) -> Iterator[None]:
    """Enter a network namespace of `ip netns`, and leave it at the end. None: stay."""
    if name is None:
        yield
        return
    with open("/proc/thread-self/ns/net", "rb") as own, open(f"/run/netns/{name}", "rb") as ns:
        libc("setns", ns.fileno(), CLONE_NEWNET)
        try:
            yield
        finally:
            libc("setns", own.fileno(), CLONE_NEWNET)


@contextlib.contextmanager
def owned_by(uid: int) -> Iterator[None]:
    """What is made meanwhile is this user's."""
    LIBC.setfsuid(uid)
    try:
        yield
    finally:
        LIBC.setfsuid(0)


class Flow:
    """A TCP connection between two ends on this host: tx sends, rx reads."""

    def __init__(self, host: str = "127.0.0.1", rcvbuf: int = 0, tx_netns: str | None = None,
                 rx_netns: str | None = None, uid: int = 0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with netns(rx_netns):
            listener = socket.socket(family)
        with netns(tx_netns), owned_by(uid):
            self.tx = socket.socket(family)
        if rcvbuf:
            listener.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, rcvbuf)
        self.tx.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 16 << 20)
        listener.bind((host, 0))
        listener.listen(1)
        self.tx.connect(listener.getsockname())
        self.rx, _ = listener.accept()
        listener.close()
        self.src = address(self.tx.getsockname())
        self.dst = address(self.tx.getpeername())
        self.rx.settimeout(DEADLINE)

    def read(self, size: int) -> bytes:
        """Read exactly `size` bytes."""
        parts = []
        while size:
            part = self.rx.recv(min(size, 1 << 20))
            assert part, f"the stream ended {size} bytes early"
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def wait_acked(self) -> None:
        """Wait until the other end has acknowledged everything."""
        until(lambda: fcntl.ioctl(self.tx, SIOCOUTQ, b"\0" * 4) == b"\0" * 4, "acknowledged")

    def resends(self) -> int:
        """How many segments the sender has retransmitted."""
        info = self.tx.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_RESENDS + 4)
        return int.from_bytes(info[TCP_INFO_RESENDS:], "little")

    def close(self) -> None:
        self.tx.close()
        self.rx.close()


def address(name: tuple) -> str:
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"


def send_file(sock: socket.socket, path: str, off: int, length: int) -> None:
    with open(path, "rb") as file:
        end = off + length
        while off < end:
            off += os.sendfile(sock.fileno(), file.fileno(), off, end - off)


def send_splice(sock: socket.socket, path: str, off: int, length: int) -> None:
    reading, writing = os.pipe()
    with open(path, "rb") as file:
        while length:
            n = os.splice(file.fileno(), writing, length, offset_src=off)
            off += n
            length -= n
            while n:
                n -= os.splice(reading, sock.fileno(), n)


def do_write(path: str, off: int, data: bytes, sync: bool = False) -> None:
    """pwrite(2) in one call; sync: and fsync(2)."""
    fd = os.open(path, os.O_RDWR)
    assert os.pwrite(fd, data, off) == len(data)
    if sync:
        os.fsync(fd)
    os.close(fd)


def make_file(path: str, size: int, clean: bool = False) -> bytes:
    """Make a file with the pattern. clean: write it back, and read it into the page cache again."""
    data = pattern(size)
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        if clean:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if clean:  # piece by piece, so that it is read ahead, in folios as large as they get
        with open(path, "rb", buffering=0) as file:
            assert b"".join(iter(lambda: file.read(1 << 16), b"")) == data
    return data

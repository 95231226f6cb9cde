# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a switch of a server costs: CPU time of all its processes, and of the reader, for 4 KiB of a
file. The reader counts too: each of its ACKs has the kernel transmit more, and how
much of that is left for the server is chance. In a machine that counts instructions a nanosecond is
an instruction."""
import os
import re
import socket
from collections.abc import Callable

import daemons
from guest import PAGE, make_file, sh
from stalled import ProgramReader, SocketReader

SMALL, BIG = 1 << 20, 17 << 20


def prepare() -> None:
    """daemons.daemon() puts into this group what it starts."""
    sh("mkdir -p /sys/fs/cgroup && (mountpoint -q /sys/fs/cgroup || "
       f"mount -t cgroup2 cgroup2 /sys/fs/cgroup) && mkdir -p {daemons.GROUP}")


def used_us() -> int:
    """Microseconds that the group has run, those included that have ended."""
    with open(f"{daemons.GROUP}/cpu.stat", encoding="ascii") as stat:
        return int(re.search(r"usage_usec (\d+)", stat.read())[1])


def join(group: str, pid: int) -> None:
    with open(f"{group}/cgroup.procs", "w", encoding="ascii") as procs:
        procs.write(str(pid))


def discard(reader: SocketReader | ProgramReader, size: int) -> None:
    """A socket is read without copying."""
    if isinstance(reader, ProgramReader):
        join(daemons.GROUP, reader.proc.pid)
        reader.read(size)
        return
    join(daemons.GROUP, os.getpid())
    size -= len(reader.read(len(reader.early)))
    untouched = bytearray(1 << 20)
    while size:
        got = reader.sock.recv_into(untouched, min(size, len(untouched)), socket.MSG_TRUNC)
        assert got, f"ended {size} bytes early"
        size -= got
    join(os.path.dirname(daemons.GROUP), os.getpid())


def fetch_us(start: Callable, how: str, size: int) -> int:
    make_file(f"{daemons.ROOT}/file", size)
    before = used_us()
    with start(how) as reader:
        discard(reader, size)
        reader.close()
    return used_us() - before


def price(start: Callable, how: str) -> int:
    """Nanoseconds for 4 KiB: the difference of two files, so that starting the server is not in."""
    small = fetch_us(start, how, SMALL)
    return (fetch_us(start, how, BIG) - small) * 1000 // ((BIG - SMALL) // PAGE)

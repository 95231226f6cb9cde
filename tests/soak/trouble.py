# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Writers to the files that are being sent, and what else a host does to a program."""
import ctypes
import mmap
import os
import random
import signal
import subprocess

from load import Load, nap
from guest import LIBC, PAGE, WRITER, run_program
from traffic import CUT, FILES, MAPPED, SIZE

PUNCH = 0x03  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
MODULES = ("dummy", "overlay", "fuse", "netfs", "tls", "sch_netem", "macvlan", "btrfs", "nfsd")
LEFT = 224 << 20  # of memory: a session that starts needs it for its maps
CPU = "/sys/devices/system/cpu/cpu1/online"


def piece(most: int = 4 * PAGE) -> tuple[int, int]:
    length = random.randrange(1, most)
    return random.randrange(SIZE - length), length


def write(load: Load) -> None:
    fd = os.open(random.choice(FILES), os.O_RDWR)
    for _ in range(20):
        off, length = piece()
        load.moved(os.pwrite(fd, random.randbytes(length), off))
        nap(0.04)
    os.close(fd)


def write_asynchronously(load: Load) -> None:
    off, length = piece()
    how = random.choice(("aio", "aio_sync", "uring"))
    assert run_program(WRITER, how, random.choice(FILES), str(off), str(length)).value in (0, 77)
    load.moved(length)
    nap(0.5)


def store(load: Load) -> None:
    """Into a mapping, whose pages are written back now and then: the next store takes a fault."""
    fd = os.open(random.choice(MAPPED), os.O_RDWR)
    with mmap.mmap(fd, SIZE) as mem:
        for _ in range(100):
            off, length = piece(PAGE)
            mem[off:off + length] = random.randbytes(length)
            load.moved(length)
            nap(0.02)
        mem.flush()
    os.close(fd)


def truncate(load: Load) -> None:
    """And write again what was cut off."""
    fd = os.open(random.choice(CUT), os.O_RDWR)
    size = random.randrange(SIZE)
    os.ftruncate(fd, size)
    nap(0.05)
    os.ftruncate(fd, SIZE)
    while size < SIZE and not load.stopped():
        size += os.pwrite(fd, random.randbytes(min(1 << 20, SIZE - size)), size)
    os.close(fd)
    nap(0.5)


def punch(load: Load) -> None:
    fd = os.open(random.choice(FILES), os.O_RDWR)
    off, length = piece(16 * PAGE)
    assert not LIBC.fallocate(fd, PUNCH, ctypes.c_long(off), ctypes.c_long(length))
    os.close(fd)
    load.moved(length)
    nap(0.2)


def modules(_: Load) -> None:
    """One that is in use stays, and so does one that a session has hooked."""
    name = random.choice(MODULES)
    subprocess.run(["modprobe", random.choice(("-q", "-qr")), name], check=False,
                   stderr=subprocess.DEVNULL)
    nap(1)


def online(value: int) -> None:
    with open(CPU, "w", encoding="ascii") as file:
        file.write(str(value))


def hotplug(_: Load) -> None:
    online(0)
    nap(3)
    online(1)
    nap(6)


def available() -> int:
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))


def hog(load: Load) -> None:
    """Nearly all memory, for a moment. It is the first whom the kernel kills if that is too much."""
    pid = os.fork()
    if not pid:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
        held = []
        while available() > LEFT and not load.stopped():
            held.append(mmap.mmap(-1, 16 << 20))
            held[-1].write(b"x" * (16 << 20))
        nap(2)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert status in (0, signal.SIGKILL), status
    nap(10)


def loads() -> list[Load]:
    return [
        Load("write", write),
        Load("write-2", write),
        Load("asynchronous", write_asynchronously),
        Load("store", store),
        Load("truncate", truncate),
        Load("punch", punch),
        Load("modules", modules),
        Load("hotplug", hotplug),
        Load("hog", hog),
    ]

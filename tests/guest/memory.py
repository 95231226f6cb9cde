# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Memory that is sent by reference, and changes to it that no system call shows."""
import ctypes
import mmap
import os
import select
import socket
import struct
from collections.abc import Callable

from guest import DEADLINE, LIBC, PAGE, start_as

SO_ZEROCOPY, MSG_ZEROCOPY = 60, 0x4000000
ZEROCOPY_ERROR = struct.Struct("@IBBBBII")  # struct sock_extended_err
ORIGIN_ZEROCOPY = 5

Step = Callable[[mmap.mmap], None]


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


def address_of(mem: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(mem))


def private(data: bytes) -> mmap.mmap:
    """Memory of no file. A fork after it was sent leaves the socket with a copy of its own."""
    mem = mmap.mmap(-1, len(data), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    mem.write(data)
    return mem


def vmsplice(sock: socket.socket, mem: mmap.mmap) -> None:
    """Send all of the memory by reference."""
    reading, writing = os.pipe()
    iov = Iovec(address_of(mem), len(mem))
    left = LIBC.vmsplice(writing, ctypes.byref(iov), ctypes.c_ulong(1), 0)
    assert left == len(mem), left
    while left:
        left -= os.splice(reading, sock.fileno(), left)
    os.close(reading)
    os.close(writing)


def vmsplice_page(sock: socket.socket, mem: mmap.mmap, at: int) -> None:
    """Send one page of the memory by reference."""
    reading, writing = os.pipe()
    iov = Iovec(address_of(mem) + at, PAGE)
    assert LIBC.vmsplice(writing, ctypes.byref(iov), ctypes.c_ulong(1), 0) == PAGE
    assert os.splice(reading, sock.fileno(), PAGE) == PAGE
    os.close(reading)
    os.close(writing)


def send_zerocopy(sock: socket.socket, mem: mmap.mmap) -> None:
    """Send the memory by MSG_ZEROCOPY, page by page."""
    sock.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    for at in range(0, len(mem), PAGE):
        assert sock.send(memoryview(mem)[at:at + PAGE], MSG_ZEROCOPY) == PAGE


def wait_notified(sock: socket.socket, sends: int) -> None:
    """Wait until the kernel has notified that it has released the buffers of `sends` sends."""
    poll = select.poll()
    poll.register(sock, 0)  # errors alone
    told = 0
    while told < sends:
        assert poll.poll(DEADLINE * 1000), "no notification"
        for _, _, data in sock.recvmsg(0, 512, socket.MSG_ERRQUEUE)[1]:
            _, origin, _, _, _, first, last = ZEROCOPY_ERROR.unpack(data[:ZEROCOPY_ERROR.size])
            assert origin == ORIGIN_ZEROCOPY, origin
            told += last - first + 1


def poke(pid: int, where: int, data: bytes) -> None:
    """Write into the memory of another process, as a debugger does."""
    buf = ctypes.create_string_buffer(data, len(data))
    ours = Iovec(ctypes.addressof(buf), len(data))
    its = Iovec(where, len(data))
    done = LIBC.process_vm_writev(pid, ctypes.byref(ours), ctypes.c_ulong(1), ctypes.byref(its),
                                  ctypes.c_ulong(1), ctypes.c_ulong(0))
    assert done == len(data), (done, ctypes.get_errno())


def _map(path: str, touch: bool, steps: tuple[Step, ...], said: int, orders: int) -> None:
    fd = os.open(path, os.O_RDWR)
    with mmap.mmap(fd, os.lseek(fd, 0, os.SEEK_END)) as mem:  # a block device has no st_size
        os.close(fd)
        if touch:
            for page in range(0, len(mem), PAGE):
                mem[page] = mem[page]
        os.write(said, address_of(mem).to_bytes(8, "little"))
        for step in steps:
            os.read(orders, 1)
            step(mem)
            os.write(said, b"d")
        os.read(orders, 1)


class Mapper:
    """A process that has mapped a file, and takes a step whenever the test says so. touch: its
    pages are dirty and writable from the start, so no fault shows its stores."""

    def __init__(self, path: str, *steps: Step, touch: bool = True):
        self.comm = "pf-mapper"
        self.said, said = os.pipe()
        orders, self.orders = os.pipe()
        self.running = start_as(self.comm, _map, path, touch, steps, said, orders)
        os.close(said)
        os.close(orders)
        self.pid = self.running.pid
        self.start = int.from_bytes(self._answer(8), "little")

    def _answer(self, size: int) -> bytes:
        answer = os.read(self.said, size)
        assert len(answer) == size, self.running.result()
        return answer

    def step(self) -> None:
        os.write(self.orders, b"s")
        self._answer(1)

    def end(self) -> None:
        os.write(self.orders, b"e")
        self.running.result()
        os.close(self.said)
        os.close(self.orders)

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A fuse file system with one file, which has any name that is asked for, of up to 1024 bytes. That
is what the kernel lets a fuse server have; elsewhere names have at most 255."""
import contextlib
import os
import signal
import stat
import struct
from collections.abc import Iterator

from guest import libc, sh

HEADER = struct.Struct("<IIQQIIII")
LOOKUP, FORGET, GETATTR, OPEN, READ, WRITE, RELEASE, FLUSH, INIT, FORGETS = \
    1, 2, 3, 14, 15, 16, 18, 25, 26, 42
ROOT, FILE = 1, 2
VALID = 3600  # seconds
KEEP_CACHE = 2
ENOSYS = 38
REQUEST = 1 << 18


def _attr(node: int, size: int) -> bytes:
    mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
    return struct.pack("<6Q10I", node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def _answer(data: bytearray, op: int, node: int, body: bytes) -> bytes | None:
    """None: the server does not do that."""
    if op == INIT:
        major, _, ahead, _ = struct.unpack_from("<4I", body)
        return struct.pack("<4I2H2I2H8I", major, 31, ahead, 0, 0, 0, 1 << 17, 1, 0, 0, *[0] * 8)
    if op == LOOKUP:
        return struct.pack("<4Q2I", FILE, 0, VALID, VALID, 0, 0) + _attr(FILE, len(data))
    if op == GETATTR:
        return struct.pack("<Q2I", VALID, 0, 0) + _attr(node, len(data))
    if op == OPEN:
        return struct.pack("<Q2I", 0, KEEP_CACHE, 0)
    if op == READ:
        _, off, size = struct.unpack_from("<2QI", body)
        return bytes(data[off:off + size])
    if op == WRITE:
        _, off, size = struct.unpack_from("<2QI", body)
        data[off:off + size] = body[40:40 + size]
        return struct.pack("<2I", size, 0)
    return b"" if op in (RELEASE, FLUSH) else None


def _serve(fd: int, data: bytearray) -> None:
    """Until it is unmounted."""
    with contextlib.suppress(OSError):
        while request := os.read(fd, REQUEST):
            _, op, unique, node, *_ = HEADER.unpack_from(request)
            if op in (FORGET, FORGETS):
                continue
            answer = _answer(data, op, node, request[HEADER.size:])
            error = -ENOSYS if answer is None else 0
            body = answer or b""
            os.write(fd, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


@contextlib.contextmanager
def mounted(where: str, data: bytes) -> Iterator[None]:
    os.makedirs(where, exist_ok=True)
    fd = os.open("/dev/fuse", os.O_RDWR)
    libc("mount", b"longnames", where.encode(), b"fuse", 0,
         f"fd={fd},rootmode=40000,user_id=0,group_id=0".encode())
    pid = os.fork()
    if not pid:
        _serve(fd, bytearray(data))
        os._exit(0)
    os.close(fd)
    try:
        yield
    finally:
        sh(f"umount -l {where}")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Every way to write into a file, on every file system.

Each test has 16 pages of a file in flight and changes bytes [6000, 15000), the
ends of pages 1 and 3 and all of page 2: one incident, those bytes, that writer.
"""
import ctypes
import mmap
import os

from case import Case, Scene
from guest import (LIBC, MOUNTS, PAGE, WRITER, Did, file_ranges, invert, libc, merged, run_as,
                   run_program, sh)

OFF, LEN = 6000, 9000
FILE_SYSTEMS = ("ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuse", "cifs")


def new_bytes(fd: int) -> bytes:
    return invert(os.pread(fd, LEN, OFF))


def do_write(path: str) -> None:
    fd = os.open(path, os.O_RDWR)
    data = new_bytes(fd)
    os.lseek(fd, OFF, os.SEEK_SET)
    assert os.write(fd, data) == LEN


def do_pwrite(path: str) -> None:
    fd = os.open(path, os.O_RDWR)
    assert os.pwrite(fd, new_bytes(fd), OFF) == LEN


def do_writev(path: str) -> None:
    fd = os.open(path, os.O_RDWR)
    data = new_bytes(fd)
    os.lseek(fd, OFF, os.SEEK_SET)
    assert os.writev(fd, [data[:1], data[1:5000], data[5000:]]) == LEN


def do_sync_write(path: str) -> None:
    """The call ends when the bytes are stored."""
    fd = os.open(path, os.O_RDWR | os.O_SYNC)
    assert os.pwrite(fd, new_bytes(fd), OFF) == LEN


def do_splice(path: str) -> None:
    """A pipe into the file."""
    fd = os.open(path, os.O_RDWR)
    reading, writing = os.pipe()
    assert os.write(writing, new_bytes(fd)) == LEN
    assert os.splice(reading, fd, LEN, offset_dst=OFF) == LEN


def source_beside(path: str, data: bytes) -> int:
    """Another file with the new bytes, at a place from which nothing can be reflinked."""
    fd = os.open(path + ".source", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.unlink(path + ".source")
    os.pwrite(fd, data, 100)
    return fd


def do_sendfile(path: str) -> None:
    """The other direction: sendfile into the file."""
    fd = os.open(path, os.O_RDWR)
    source = source_beside(path, new_bytes(fd))
    os.lseek(fd, OFF, os.SEEK_SET)
    assert os.sendfile(fd, source, 100, LEN) == LEN


def do_copy_file_range(path: str) -> None:
    fd = os.open(path, os.O_RDWR)
    source = source_beside(path, new_bytes(fd))
    assert os.copy_file_range(source, fd, LEN, 100, OFF) == LEN


def do_short_write(path: str) -> int:
    """Of a buffer that ends in memory which is not there: less is written than was asked for."""
    fd = os.open(path, os.O_RDWR)
    data = new_bytes(fd)[:PAGE]
    mem = mmap.mmap(-1, 2 * PAGE)
    mem.write(data)
    start = ctypes.addressof(ctypes.c_char.from_buffer(mem))
    libc("munmap", ctypes.c_void_p(start + PAGE), PAGE)
    written = LIBC.pwrite(fd, ctypes.c_void_p(start), ctypes.c_size_t(2 * PAGE),
                          ctypes.c_long(OFF))
    os.close(fd)
    return written


IN_PYTHON = {
    "write": do_write,
    "pwrite": do_pwrite,
    "writev": do_writev,
    "sync_write": do_sync_write,
    "splice": do_splice,
    "sendfile": do_sendfile,
    "copy_file_range": do_copy_file_range,
}


class Writers(Case):
    """Filled with test_<kind>_<file system> below."""

    def place(self, fs: str, kind: str) -> tuple[str, str]:
        """Path of a new file, and the one that the kernel has for it."""
        path = f"{self.fs(fs)}/{kind}"
        if fs == "overlay":
            return path, f"{MOUNTS}/ext4/upper/{kind}"
        return path, path

    def one_incident(self, scene: Scene, writer: Did, real: str) -> None:
        incident = self.incident()
        self.check(incident, scene, writer, [(OFF, LEN)], path=real)
        self.assertEqual(scene.read(), [(OFF, LEN)])

    def in_python(self, fs: str, kind: str) -> None:
        path, real = self.place(fs, kind)
        scene = self.scene(path)
        self.one_incident(scene, run_as("pf-writer", IN_PYTHON[kind], path), real)

    def in_a_thread(self, fs: str) -> None:
        path, real = self.place(fs, "thread")
        scene = self.scene(path)
        writer = run_as("pf-thread", do_pwrite, path, thread=True)
        self.assertNotEqual(writer.pid, writer.tid)
        self.one_incident(scene, writer, real)

    def in_c(self, fs: str, kind: str) -> tuple[Scene, Did]:
        path, _ = self.place(fs, kind)
        scene = self.scene(path)
        writer = run_program(WRITER, kind, path, str(OFF), str(LEN))
        if writer.value == 77:
            self.skipTest("io_uring" if kind == "uring" else "io_submit")
        self.assertEqual(writer.value, 0)
        return scene, writer

    def aio(self, fs: str, kind: str) -> None:
        if (fs, kind) == ("cifs", "aio_sync") and os.uname().release.startswith("6.18."):
            self.skipTest("netfs of 6.18 never ends such a write, with or without pageflight")
        scene, writer = self.in_c(fs, kind)
        self.one_incident(scene, writer, self.place(fs, kind)[1])

    def uring(self, fs: str) -> None:
        """The write may be done by a worker thread of the process."""
        scene, writer = self.in_c(fs, "uring")
        incident = self.incident()
        who = incident["writer"]
        if who["tid"] != writer.pid:
            self.assertEqual(who["comm"], f"iou-wrk-{writer.pid}"[:15])
            writer = Did(writer.pid, who["tid"], who["comm"])
        self.check(incident, scene, writer, [(OFF, LEN)], path=self.place(fs, "uring")[1])
        self.assertEqual(scene.read(), [(OFF, LEN)])

    def short(self, fs: str) -> None:
        """Only what was written in the end is reported. btrfs may refuse, and write nothing."""
        path, real = self.place(fs, "short")
        scene = self.scene(path)
        writer = run_as("pf-writer", do_short_write, path)
        want = [(OFF, writer.value)] if fs != "btrfs" or writer.value > 0 else []
        found = self.watch.collect()
        self.assertEqual(len(found), len(want), found)
        for incident in found:
            self.check(incident, scene, writer, want, path=real)
        self.assertEqual(scene.read(), want)

    def test_loop_device(self) -> None:
        """The file is the image of a disk: a kernel thread writes."""
        path = f"{self.fs('ext4')}/image"
        scene = self.scene(path)
        fd = os.open(path, os.O_RDONLY)
        data = os.pread(fd, PAGE, 5 * PAGE)
        os.close(fd)
        device = sh(f"losetup --find --show {path}").strip()
        self.addCleanup(sh, f"losetup --detach {device}")
        disk = os.open(device, os.O_RDWR)
        os.pwrite(disk, invert(data), 5 * PAGE)
        os.fsync(disk)
        os.close(disk)
        incident = self.incident()
        who = incident["writer"]
        self.assertIs(who["kthread"], True, incident)
        self.check(incident, scene, Did(who["pid"], who["tid"], who["comm"]), [(5 * PAGE, PAGE)])
        self.assertEqual(scene.read(), [(5 * PAGE, PAGE)])

    def test_again_and_again(self) -> None:
        """Three writes, a second later writer of the same bytes included: three incidents."""
        path, real = self.place("ext4", "again")
        scene = self.scene(path)
        for i in range(3):
            writer = run_as(f"pf-writer-{i}", do_pwrite, path)
            incident = self.incident()
            self.check(incident, scene, writer, [(OFF, LEN)], path=real)
        self.assertEqual(scene.read(), [(OFF, LEN)])

    def test_part_of_the_file_is_sent(self) -> None:
        """The write covers more than what is in flight, at both ends."""
        path = f"{self.fs('ext4')}/part"
        scene = self.scene(path, offset=7000, length=2000)
        writer = run_as("pf-writer", do_pwrite, path)
        incident = self.incident()
        self.check(incident, scene, writer, [(7000, 2000)])
        self.assertEqual(scene.read(), [(7000, 2000)])

    def test_same_file_twice_on_one_connection(self) -> None:
        """Each byte is in flight twice: two ranges of the stream in one incident."""
        path = f"{self.fs('ext4')}/twice"
        scene = self.scene(path)
        fd = os.open(path, os.O_RDONLY)
        os.sendfile(scene.flow.tx.fileno(), fd, 0, 16 * PAGE)
        os.close(fd)
        run_as("pf-writer", do_pwrite, path)
        incident = self.incident()
        self.assertEqual(incident["bytes"], 2 * LEN)
        places = merged([(r["stream_offset"], r["length"]) for r in incident["ranges"]])
        start = incident["stream"]["offset"]
        self.assertEqual(places, [(start, LEN), (start + 16 * PAGE, LEN)])
        self.assertEqual(merged(file_ranges(incident)), [(OFF, LEN)])
        self.assertEqual(scene.read(), [(OFF, LEN)])


def add_tests() -> None:
    def method(name: str, *args: str):
        return lambda self: getattr(self, name)(*args)

    for fs in FILE_SYSTEMS:
        for kind in IN_PYTHON:
            if (fs, kind) == ("cifs", "copy_file_range"):  # the server copies, see test_quiet
                continue
            setattr(Writers, f"test_{kind}_{fs}", method("in_python", fs, kind))
        setattr(Writers, f"test_thread_{fs}", method("in_a_thread", fs))
        for kind in ("aio", "aio_sync"):
            setattr(Writers, f"test_{kind}_{fs}", method("aio", fs, kind))
        setattr(Writers, f"test_uring_{fs}", method("uring", fs))
        setattr(Writers, f"test_short_write_{fs}", method("short", fs))


add_tests()

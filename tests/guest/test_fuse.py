# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is special about fuse; what it shares with others is in the tests of all file systems.

The pages are the kernel's, the file is a server's. A write goes into the pages first, and to the
server then. The server may refuse it, or may have asked for writes to be kept back for a while.
Unless the server says otherwise, the pages are dropped whenever the file is opened.
"""
import ctypes
import os

from case import Case, Scene
from guest import (LIBC, MOUNTS, PAGE, Did, Ranges, changed, file_ranges, invert, make_file, merged,
                   run_as, sh)

SIZE = 16 * PAGE
OFF, LEN = 6000, 9000
MAX_WRITE = 32 * PAGE  # what bindfs is given at once
PUNCH_HOLE = 3  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE


def do_pwrite(fd: int, data: bytes) -> int:
    """At OFF; how much was written, or the error."""
    try:
        return os.pwrite(fd, data, OFF)
    except OSError as error:
        return -error.errno


def do_open_and_write(path: str, data: bytes) -> int:
    return do_pwrite(os.open(path, os.O_RDWR), data)


def do_pwrite_and_look(fd: int, data: bytes, below: str, old: bytes) -> Ranges:
    """What the server's file has of it by then. At the end of this process it gets all of it."""
    assert do_pwrite(fd, data) == len(data)
    with open(below, "rb") as file:
        return changed(old, file.read())


def do_punch(fd: int, off: int, length: int) -> int:
    return LIBC.fallocate(fd, PUNCH_HOLE, ctypes.c_long(off), ctypes.c_long(length))


class Fuse(Case):
    def mounted(self, name: str, command: str) -> str:
        """Where a file system of this test's own is mounted."""
        self.fs("fuse")
        where = f"{MOUNTS}/{name}"
        sh(f"mkdir -p {where}; {command} {where}")
        self.addCleanup(sh, f"umount {where}")
        return where

    def bindfs(self, what: str, options: str) -> str:
        return self.mounted("bindfs", f"mkdir -p {what}; bindfs -o big_writes{options} {what}")

    def overlayfs(self) -> str:
        base = f"{MOUNTS}/ext4/fuse"
        return self.mounted("fuse-overlayfs", f"mkdir -p {base}/lower {base}/upper {base}/work; "
                            f"fuse-overlayfs -o lowerdir={base}/lower,upperdir={base}/upper,"
                            f"workdir={base}/work")

    def opened(self, path: str) -> int:
        fd = os.open(path, os.O_RDWR)
        self.addCleanup(os.close, fd)
        return fd

    def one_incident(self, scene: Scene, writer: Did, ranges: Ranges) -> None:
        self.check(self.incident(), scene, writer, ranges)
        self.assertEqual(scene.read(), ranges)

    def test_write_is_kept_back(self) -> None:
        """The server gets the bytes later."""
        path = f"{self.overlayfs()}/back"
        data = make_file(path, SIZE)
        fd = self.opened(path)
        scene = self.scene(path, data=data)
        writer = run_as("pf-writer", do_pwrite_and_look, fd, invert(data[OFF:OFF + LEN]),
                        f"{MOUNTS}/ext4/fuse/upper/back", data)
        self.assertEqual(writer.value, [])
        self.one_incident(scene, writer, [(OFF, LEN)])

    def refused(self, size: int, stored: int, length: int, written: int) -> None:
        """A file of zeros is more than the server has room for, but for the first so many bytes."""
        below = f"{MOUNTS}/full"
        sh(f"mkdir -p {below}; mount -t tmpfs -o size={SIZE + stored} tmpfs {below}; "
           f"truncate -s {size} {below}/file; "
           f"dd if=/dev/zero of={below}/file bs={PAGE} count={stored // PAGE} conv=notrunc; "
           f"dd if=/dev/zero of={below}/rest bs={PAGE} count={SIZE // PAGE}")
        self.addCleanup(sh, f"umount {below}")
        path = f"{self.bindfs(below, ',kernel_cache')}/file"
        scene = self.scene(path, data=bytes(size))
        writer = run_as("pf-writer", do_open_and_write, path, b"x" * length)
        self.assertEqual(writer.value, written)
        self.one_incident(scene, writer, [(OFF, length)])

    def test_write_is_refused(self) -> None:
        """The call fails, and yet the reader gets the bytes."""
        self.refused(size=SIZE, stored=0, length=LEN, written=-28)

    def test_write_is_refused_in_part(self) -> None:
        """The server takes what it is given first."""
        first = MAX_WRITE - OFF % PAGE
        self.refused(size=2 * MAX_WRITE, stored=OFF + first, length=first + LEN, written=first)

    def test_pages_are_dropped_by_an_open(self) -> None:
        """The write goes into other pages then."""
        path = f"{self.bindfs(f'{MOUNTS}/ext4/dropped', '')}/file"
        scene = self.scene(path)
        writer = run_as("pf-writer", do_open_and_write, path, invert(scene.data[OFF:OFF + LEN]))
        self.assertEqual(writer.value, LEN)
        self.assertEqual(self.watch.collect(), [])
        self.assertEqual(scene.read(), [])

    def test_file_was_open_before(self) -> None:
        path = f"{self.bindfs(f'{MOUNTS}/ext4/dropped', '')}/file"
        data = make_file(path, SIZE)
        fd = self.opened(path)
        scene = self.scene(path, data=data)
        writer = run_as("pf-writer", do_pwrite, fd, invert(data[OFF:OFF + LEN]))
        self.one_incident(scene, writer, [(OFF, LEN)])

    def test_punch(self) -> None:
        path = f"{self.overlayfs()}/punch"
        data = make_file(path, SIZE)
        fd = self.opened(path)
        scene = self.scene(path, data=data)
        writer = run_as("pf-writer", do_punch, fd, OFF, LEN)
        self.assertEqual(writer.value, 0)
        found = self.watch.collect()
        for incident in found:
            self.expect(incident, {"verdict": "corrupt", "writer": {"pid": writer.pid, "how": "punch"}})
        # The page in the middle is dropped as a whole, with its bytes.
        ranges = [(OFF, 2 * PAGE - OFF), (3 * PAGE, OFF + LEN - 3 * PAGE)]
        self.assertEqual(merged([r for i in found for r in file_ranges(i)]), ranges)
        self.assertEqual(scene.read(), ranges)

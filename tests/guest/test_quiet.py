# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is not an incident, and indeed leaves the reader's bytes alone."""
import mmap
import os

from case import HEADER, Case, Scene
from guest import PAGE, changed, do_write, file_ranges, invert, make_file, merged, run_as
from test_writers import LEN, OFF, do_copy_file_range

FILE_SYSTEMS = ("ext4", "xfs", "btrfs", "tmpfs", "fuse", "cifs")


def do_rewrite(path: str, data: bytes) -> None:
    with open(path, "wb") as file:  # truncates to 0 first
        file.write(data)


def do_replace(path: str, data: bytes) -> None:
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)


def do_append(path: str) -> None:
    fd = os.open(path, os.O_RDWR | os.O_APPEND)
    assert os.write(fd, bytes(50)) == 50


def do_direct(path: str, off: int, data: bytes) -> None:
    fd = os.open(path, os.O_RDWR | os.O_DIRECT)
    aligned = mmap.mmap(-1, len(data))
    aligned.write(data)
    assert os.pwritev(fd, [aligned], off) == len(data)


class Quiet(Case):
    """Filled with test_<what>_<file system> below."""

    def nothing(self, scene: Scene) -> None:
        self.assertEqual(self.watch.collect(), [])
        self.assertEqual(scene.read(), [])

    def rewrite(self, fs: str) -> None:
        path = f"{self.fs(fs)}/rewrite"
        scene = self.scene(path)
        run_as("pf-writer", do_rewrite, path, invert(scene.data))
        self.nothing(scene)

    def replace(self, fs: str) -> None:
        path = f"{self.fs(fs)}/replace"
        scene = self.scene(path)
        run_as("pf-writer", do_replace, path, invert(scene.data))
        self.nothing(scene)

    def beside(self, fs: str) -> None:
        """Other pages of the file, and other bytes of the same pages."""
        path = f"{self.fs(fs)}/beside"
        scene = self.scene(path, offset=PAGE + 1000, length=PAGE)
        data = invert(scene.data)
        for start, end in ((0, PAGE + 1000), (2 * PAGE + 1000, 16 * PAGE)):
            run_as("pf-writer", do_write, path, start, data[start:end])
        self.nothing(scene)

    def after_reading(self, fs: str) -> None:
        path = f"{self.fs(fs)}/after"
        scene = self.scene(path)
        self.assertEqual(scene.read(), [])
        run_as("pf-writer", do_write, path, 0, invert(scene.data))
        self.assertEqual(self.watch.collect(), [])

    def after_reading_half(self, fs: str) -> None:
        """Only what the reader has not read is an incident."""
        path = f"{self.fs(fs)}/half"
        scene = self.scene(path)
        scene.flow.read(len(HEADER) + 8 * PAGE)
        run_as("pf-writer", do_write, path, 0, invert(scene.data))
        incident = self.incident()
        self.assertEqual(merged(file_ranges(incident)), [(8 * PAGE, 8 * PAGE)])
        self.assertEqual(scene.flow.read(8 * PAGE), invert(scene.data)[8 * PAGE:])

    def other_file(self, fs: str) -> None:
        path = f"{self.fs(fs)}/other"
        scene = self.scene(path)
        data = make_file(path + ".other", 16 * PAGE)
        run_as("pf-writer", do_write, path + ".other", 0, invert(data))
        self.nothing(scene)
        os.unlink(path + ".other")

    def direct(self, fs: str) -> None:
        """O_DIRECT puts the bytes on the disk and takes the pages from the cache."""
        path = f"{self.fs(fs)}/direct"
        data = make_file(path, 16 * PAGE, clean=True)
        scene = self.scene(path, data=data)
        run_as("pf-writer", do_direct, path, 4 * PAGE, invert(data[4 * PAGE:8 * PAGE]))
        self.nothing(scene)
        with open(path, "rb") as file:
            self.assertEqual(file.read()[4 * PAGE:8 * PAGE], invert(data[4 * PAGE:8 * PAGE]))

    def copied_by_the_server(self, fs: str) -> None:
        """The pages leave the cache."""
        path = f"{self.fs(fs)}/copied"
        scene = self.scene(path)
        run_as("pf-writer", do_copy_file_range, path)
        self.nothing(scene)
        with open(path, "rb") as file:
            self.assertEqual(changed(scene.data, file.read()), [(OFF, LEN)])

    def append(self, fs: str) -> None:
        """Behind the last byte, in the same page."""
        path = f"{self.fs(fs)}/append"
        scene = self.scene(path, size=2 * PAGE + 100)
        run_as("pf-writer", do_append, path)
        self.nothing(scene)
        self.assertEqual(os.path.getsize(path), 2 * PAGE + 150)

    def nobody_writes(self, fs: str) -> None:
        path = f"{self.fs(fs)}/quiet"
        self.nothing(self.scene(path))


def add_tests() -> None:
    def method(name: str, fs: str):
        return lambda self: getattr(self, name)(fs)

    for fs in FILE_SYSTEMS:
        for name in ("rewrite", "replace", "beside", "after_reading", "after_reading_half",
                     "other_file", "append", "nobody_writes"):
            setattr(Quiet, f"test_{name}_{fs}", method(name, fs))
    for fs in ("ext4", "xfs", "fuse", "cifs"):
        setattr(Quiet, f"test_direct_{fs}", method("direct", fs))
    setattr(Quiet, "test_copied_by_the_server_cifs", method("copied_by_the_server", "cifs"))


add_tests()

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What changes pages without a write: truncate, hole punch, zero range, mmap.

How much a truncate or a hole zeroes in pages that are in flight depends on the
file system, and on how large its folios are. The reader tells: the bytes that
it got wrong are the ranges that have to be reported, no more and no less.
"""
import mmap
import os

from case import Case, Scene
from guest import PAGE, file_ranges, make_file, merged, run_as, sh

FILE_SYSTEMS = ("ext4", "xfs", "btrfs", "tmpfs", "fuse", "cifs")


def do_truncate(path: str, size: int) -> None:
    os.truncate(path, size)


def do_fallocate(path: str, option: str) -> None:
    sh(f"exec fallocate {option} --offset 1000 --length 20000 '{path}'")


def do_store(path: str, off: int) -> None:
    fd = os.open(path, os.O_RDWR)
    with mmap.mmap(fd, 0) as mem:
        mem[off] ^= 0xFF


class Zeroing(Case):
    """Filled with test_<what>_<file system> below."""

    def compare(self, scene: Scene, how: str, comm: str, empty: bool = False) -> list:
        """What was reported is what the reader got; returns it."""
        found = self.watch.collect()
        wrong = scene.read()
        for incident in found:
            self.expect(incident, {
                "verdict": "corrupt",
                "writer": {"how": how, "comm": comm},
                "sender": {"comm": "pf-sender"},
                "connection": {"src": scene.flow.src},
                "file": {"path": scene.path},
                "evidence_lost": False,
            })
        self.assertEqual(merged([r for i in found for r in file_ranges(i)]), wrong)
        if not empty:
            self.assertTrue(wrong, "nothing in flight was changed: this tests nothing")
        return wrong

    def truncate(self, fs: str) -> None:
        """To 6 KiB: the end of page 1 is zeroed, in small folios that alone."""
        path = f"{self.fs(fs)}/truncate"
        scene = self.scene(path)
        run_as("pf-writer", do_truncate, path, 6 * 1024)
        wrong = self.compare(scene, "truncate", "pf-writer")
        self.assertEqual(wrong[0][0], 6 * 1024)
        self.assertGreaterEqual(sum(wrong[0]), 2 * PAGE)

    def truncate_of_a_large_folio(self, fs: str) -> None:
        """In the middle of a file that was read ahead: much more than the end of one page is
        zeroed where the file system has large folios."""
        path = f"{self.fs(fs)}/large"
        data = make_file(path, 256 * PAGE, clean=True)
        scene = self.scene(path, data=data)
        run_as("pf-writer", do_truncate, path, 128 * PAGE + 2048)
        wrong = self.compare(scene, "truncate", "pf-writer")
        self.assertEqual(wrong[0][0], 128 * PAGE + 2048)
        if sum(wrong[0]) <= 129 * PAGE and fs == "ext4":
            self.skipTest("large folios of ext4")
        self.assertGreater(sum(wrong[0]), 129 * PAGE)

    def punch(self, fs: str) -> None:
        path = f"{self.fs(fs)}/punch"
        scene = self.scene(path)
        do_fallocate(path, "--punch-hole")
        # xfs and cifs drop the pages at both ends, and zero them anew in others.
        self.compare(scene, "punch", "fallocate", empty=fs in ("xfs", "cifs"))

    def zero_range(self, fs: str) -> None:
        """Both ends of the range lie inside of a page that keeps the rest of its bytes."""
        path = f"{self.fs(fs)}/zero-range"
        scene = self.scene(path)
        do_fallocate(path, "--zero-range")
        self.compare(scene, "punch", "fallocate", empty=fs == "xfs")

    def store(self, fs: str) -> None:
        """The first store to a clean page: the page is named, its bytes are not known."""
        path = f"{self.fs(fs)}/store"
        data = make_file(path, 16 * PAGE, clean=True)
        scene = self.scene(path, data=data)
        writer = run_as("pf-writer", do_store, path, 5 * PAGE + 1234)
        incident = self.incident()
        self.check(incident, scene, writer, [(5 * PAGE, PAGE)], how="mmap", verdict="possible")
        self.assertEqual(scene.read(), [(5 * PAGE + 1234, 1)])


def add_tests() -> None:
    def method(name: str, fs: str):
        return lambda self: getattr(self, name)(fs)

    for fs in FILE_SYSTEMS:
        setattr(Zeroing, f"test_truncate_{fs}", method("truncate", fs))
        if fs != "fuse":  # its server punches no holes, but see test_fuse
            setattr(Zeroing, f"test_punch_{fs}", method("punch", fs))
    for fs in ("ext4", "xfs", "btrfs"):
        setattr(Zeroing, f"test_zero_range_{fs}", method("zero_range", fs))
    for fs in ("ext4", "xfs"):
        setattr(Zeroing, f"test_truncate_of_a_large_folio_{fs}",
                method("truncate_of_a_large_folio", fs))
    for fs in ("ext4", "xfs", "btrfs", "fuse", "cifs"):
        setattr(Zeroing, f"test_first_store_{fs}", method("store", fs))


add_tests()

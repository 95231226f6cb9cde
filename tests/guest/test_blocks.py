# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""File systems on buffer heads: they zero the rest of a block when they truncate, before the page
cache zeroes the rest of the page. Both is the work of who truncates, and is told once."""
import os

from case import OwnWatch
from guest import PAGE, file_ranges, run_as

SIZE = 17 * PAGE + 368  # in the middle of a block, whatever its size is


class Blocks:
    """Not run itself; in each mode."""

    def truncate(self, fs: str) -> None:
        scene = self.scene(f"{self.fs(fs)}/blocks", size=24 * PAGE)
        writer = run_as("pf-writer", os.truncate, scene.path, SIZE)
        wrong = scene.read()
        found = self.watch.collect()
        for incident in found:
            self.expect(incident, {"verdict": "corrupt", "evidence_lost": False,
                                   "writer": {"pid": writer.pid, "how": "truncate"},
                                   "file": {"path": scene.path}})
        told = sorted(r for incident in found for r in file_ranges(incident))
        self.assertEqual(sum(length for _, length in told), sum(length for _, length in wrong),
                         f"some bytes are told twice: {told}")
        at = SIZE
        for off, length in told:
            self.assertEqual(off, at, told)
            at += length
        self.assertEqual(wrong, [(SIZE, at - SIZE)])
        self.assertGreaterEqual(at, 18 * PAGE)

    def test_vfat(self) -> None:
        self.truncate("vfat")

    def test_exfat(self) -> None:
        self.truncate("exfat")

    def test_udf(self) -> None:
        self.truncate("udf")

    def test_ext2(self) -> None:
        self.truncate("ext2")

    def test_ext4(self) -> None:
        self.truncate("ext4")

    def test_xfs(self) -> None:
        self.truncate("xfs")


class OffBlocks(Blocks, OwnWatch):
    content = "off"


class EdgesBlocks(Blocks, OwnWatch):
    content = "edges"

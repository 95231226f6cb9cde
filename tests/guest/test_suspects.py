# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who has the file mapped when a store through a mapping is reported."""
import mmap
import os

from case import Case
from guest import PAGE, Held, make_file

PAGES, PLACE = 16, 5 * PAGE + 1234


def do_map(path: str, flags: int, prot: int, page: int, store: bool, said: int, end: int) -> None:
    """Map the file from that page on, keep it until told otherwise."""
    fd = os.open(path, os.O_RDWR)
    with mmap.mmap(fd, (PAGES - page) * PAGE, flags, prot, offset=page * PAGE) as mem:
        os.close(fd)
        if store:
            mem[PLACE - page * PAGE] ^= 0xFF
        os.write(said, b"r")
        os.read(end, 1)


class Suspects(Case):
    def mapper(self, comm: str, path: str, flags: int = mmap.MAP_SHARED,
               prot: int = mmap.PROT_READ | mmap.PROT_WRITE, page: int = 0,
               store: bool = False) -> Held:
        held = Held(comm, do_map, path, flags, prot, page, store)
        self.addCleanup(held.end)
        return held

    def found_on(self, fs: str, real: str = "") -> None:
        path = f"{self.fs(fs)}/suspects"
        scene = self.scene(path, data=make_file(path, PAGES * PAGE, clean=True))
        guilty = [self.mapper("pf-whole", path), self.mapper("pf-page-5", path, page=5)]
        self.mapper("pf-behind", path, page=6)
        self.mapper("pf-reader", path, prot=mmap.PROT_READ)
        self.mapper("pf-private", path, flags=mmap.MAP_PRIVATE)
        guilty.append(self.mapper("pf-storer", path, store=True))
        incident = self.incident()
        self.assertEqual(incident["file"]["path"], real or path)
        self.assertEqual(incident["writer"]["pid"], guilty[-1].pid, incident)
        self.assertEqual(incident["suspects"],
                         [{"pid": one.pid, "comm": one.comm} for one in guilty])
        self.assertEqual(scene.read(), [(PLACE, 1)])

    def test_ext4(self) -> None:
        self.found_on("ext4")

    def test_btrfs(self) -> None:
        """The device that stat(2) gives is another one than the kernel's."""
        self.found_on("btrfs")

    def test_overlay(self) -> None:
        """The mapping is of the overlay's file, the incident of the one below."""
        self.found_on("overlay", real="/mnt/ext4/upper/suspects")

    def test_a_write_has_none(self) -> None:
        path = f"{self.fs('ext4')}/written"
        scene = self.scene(path)
        self.mapper("pf-mapper", path)
        with open(path, "r+b", buffering=0) as file:
            file.write(b"new")
        incident = self.incident()
        self.assertNotIn("suspects", incident)
        self.assertEqual(scene.read(), [(0, 3)])

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A pipe that has other bytes, too: what a reader splices there is not followed, and counted."""
import unittest

from case import Watch
from guest import do_write, invert
from test_pipes import LEN, OFF, PAGES, Piped


class MixedPipe(unittest.TestCase):
    """With a watch of its own, for its summary."""

    def test_counted(self) -> None:
        own = Watch("--content", "off")
        scene = Piped("/mnt/ext4/mixed", before=b"of somebody else")
        do_write(scene.path, OFF, invert(scene.data[OFF:OFF + LEN]))
        self.assertEqual([i for i in own.collect() if i["verdict"] == "corrupt"], [])
        scene.close()
        summary = own.stop()
        self.assertGreaterEqual(summary["losses"]["piped"], PAGES, summary["losses"])

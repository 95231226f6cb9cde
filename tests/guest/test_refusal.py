# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A kernel that is too old is refused with one clear line."""
import unittest

from guest import BIN
from test_commands import run


class Refusal(unittest.TestCase):
    def refuses(self, *args: str) -> None:
        done = run(BIN, *args)
        said = f"{args}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, 1, said)
        self.assertEqual(done.stdout, "", said)
        self.assertEqual(done.stderr.count("\n"), 1, said)
        self.assertIn("kernel", done.stderr)

    def test_watch(self) -> None:
        self.refuses("watch")

    def test_watch_json(self) -> None:
        self.refuses("watch", "-j", "--", "false")

    def test_probe(self) -> None:
        self.refuses("probe")

    def test_demo(self) -> None:
        self.refuses("demo")

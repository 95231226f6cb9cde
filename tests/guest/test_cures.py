# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Each cure of docs/cures.md: without it the reader gets wrong bytes, and they are reported; with it
the reader gets none, and nothing is. docs/cures.md shows the table of tests/cures/races.py."""
import subprocess

from case import OwnWatch, Watch
from guest import MOUNTS, file_ranges, merged, sh

CURES = "build/tests/cures/cures"
NETS = ("lo", "veth", "tun")
WRITTEN = (12345, 20000)  # by race.c
HARM = ("corrupt", "mixed", "possible")


class Cure:
    """A line of `cures list`."""

    def __init__(self, line: str):
        self.name, self.reach, needs = line.split()
        self.fs = "xfs" if needs == "reflink" else "ext4"

    def works(self, net: str) -> bool:
        """The first one is the race itself."""
        return self.name != "sendfile" and (self.reach == "all" or net == "tun")


def cures() -> list[Cure]:
    return [Cure(line) for line in sh(f"{CURES} list").splitlines()]


class Racer:
    """The program that carries out races, in namespaces of its own."""

    def __init__(self) -> None:
        sh("modprobe -a tun veth")
        self.proc = subprocess.Popen([CURES, "races"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)

    def wrong(self, cure: Cure, when: str, net: str) -> int:
        self.proc.stdin.write(f"{cure.name} {when} {net} {MOUNTS}/{cure.fs}\n")
        self.proc.stdin.flush()
        return int(self.proc.stdout.readline())

    def end(self) -> None:
        self.proc.stdin.close()
        assert self.proc.wait() == 0
        self.proc.stdout.close()


class Race:
    """Run one. wrong: bytes that arrived so; found: what was reported, and said: its verdicts."""

    def __init__(self, racer: Racer, watch: Watch, cure: Cure, when: str, net: str):
        self.wrong = racer.wrong(cure, when, net)
        self.found = watch.collect()
        self.said = sorted({part["verdict"] for incident in self.found
                            for part in incident["ranges"] or [incident]})

    def harm(self) -> list[tuple[int, int]]:
        """The ranges of files that arrived wrong, or perhaps did, as reported."""
        return merged([place for incident in self.found if incident["verdict"] in HARM
                       and incident["file"] for place in file_ranges(incident)])


class Cures(OwnWatch):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.racer = Racer()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.racer.end()
        super().tearDownClass()

    def cure(self, name: str) -> None:
        cure = next(cure for cure in cures() if cure.name == name)
        self.fs(cure.fs)
        for net in NETS:
            with self.subTest(net):
                before = Race(self.racer, self.watch, cure, "before", net)
                if name == "zerocopy":  # nobody writes to a file
                    self.assertGreater(before.wrong, 0)
                    self.assertTrue(set(before.said) & set(HARM), before.found)
                else:
                    self.assertEqual(before.wrong, WRITTEN[1])
                    self.assertEqual(before.harm(), [WRITTEN], before.found)
                after = Race(self.racer, self.watch, cure, "after", net)
                if cure.works(net):
                    self.assertEqual(after.wrong, 0)
                    self.assertEqual(after.found, [])
                else:  # and that it does not cure is no guess
                    self.assertEqual(after.wrong, WRITTEN[1])
                    self.assertEqual(after.harm(), [WRITTEN], after.found)

    def test_rename(self) -> None:
        self.cure("rename")

    def test_reflink_and_rename(self) -> None:
        self.cure("reflink-rename")

    def test_read_and_send(self) -> None:
        self.cure("read-send")

    def test_reflink_and_send(self) -> None:
        self.cure("reflink-send")

    def test_zerocopy_with_notification(self) -> None:
        self.cure("zerocopy")

    def test_timestamp_of_the_ack(self) -> None:
        self.cure("tx-ack")

    def test_empty_queue(self) -> None:
        self.cure("siocoutq")

    def test_wait(self) -> None:
        self.cure("wait")

    def test_sealed_memory(self) -> None:
        self.cure("sealed")

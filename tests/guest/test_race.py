# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Writers and readers at the same time: what is certain is true, and nothing is missed.

A file is in flight on six connections. Three processes write into it at random while all six
readers read. Of each connection, the bytes reported as corrupt have arrived wrong, and each byte
that arrived wrong was reported as corrupt, mixed or possible. Where the kernel skipped a program
because it was active on that processor, which only a kernel that preempts itself does, something
can be missing; then the summary has to say so.
"""
import os
import random

from case import Case, Watch
from guest import PAGE, Flow, changed, make_file, merged, send_file, start_as

PAGES, CONNECTIONS, WRITERS, WRITES = 64, 6, 3, 60


def do_writes(path: str, seed: int, wrote: int) -> None:
    """Bytes that are none of the pattern's; a sign after the first."""
    chance = random.Random(seed)
    fd = os.open(path, os.O_RDWR)
    for i in range(WRITES):
        off = chance.randrange(PAGES * PAGE - 1)
        length = min(chance.choice((1, 100, PAGE, 5 * PAGE)), PAGES * PAGE - off)
        assert os.pwrite(fd, bytes([128 + seed]) * length, off) == length
        if not i:
            os.write(wrote, b"x")


def bytes_of(ranges: list) -> set:
    return {at for off, length in ranges for at in range(off, off + length)}


class Race(Case):
    def setUp(self) -> None:
        self.watch = Watch("--content", "off")

    def race(self, fs: str) -> None:
        path = f"{self.fs(fs)}/race"
        data = make_file(path, PAGES * PAGE)
        self.addCleanup(os.unlink, path)
        flows = {flow.src: flow for flow in (Flow() for _ in range(CONNECTIONS))}
        for flow in flows.values():
            self.addCleanup(flow.close)
            send_file(flow.tx, path, 0, PAGES * PAGE)
        reading, writing = os.pipe()
        writers = [start_as(f"pf-writer-{i}", do_writes, path, i, writing)
                   for i in range(WRITERS)]
        os.read(reading, 1)
        got = self.read_all(flows)
        for writer in writers:
            writer.result()
        os.close(reading)
        os.close(writing)

        found = self.watch.collect()
        summary = self.watch.stop()
        lost = {name: n for name, n in summary["losses"].items() if n}
        self.assertEqual({name: n for name, n in lost.items() if name != "missed"}, {})
        self.assertEqual(summary["in_flight"], 0)

        said: dict = {src: {"corrupt": [], "mixed": [], "possible": []} for src in flows}
        for incident in found:
            for part in incident["ranges"]:
                said[incident["connection"]["src"]][part["verdict"]].append(
                    (part["file_offset"], part["length"]))
        wrong_bytes = 0
        for src, answers in said.items():
            wrong = bytes_of(changed(data, got[src]))
            certain = bytes_of(merged(answers["corrupt"]))
            maybe = bytes_of(merged(answers["possible"] + answers["mixed"]))
            wrong_bytes += len(wrong)
            self.assertEqual(sorted(certain - wrong)[:10], [], "corrupt, but arrived right")
            if not lost:
                self.assertEqual(sorted(wrong - certain - maybe)[:10], [], "wrong, not reported")
        self.assertGreater(wrong_bytes, 0, "nothing arrived wrong: this tests nothing")
        if lost:
            self.skipTest(f"nothing missed: the kernel skipped {lost['missed']} runs")

    def read_all(self, flows: dict) -> dict:
        """All in turn, in pieces of random size."""
        chance = random.Random(1)
        parts: dict = {src: [] for src in flows}
        left = {src: PAGES * PAGE for src in flows}
        while left:
            src = chance.choice(sorted(left))
            part = flows[src].rx.recv(min(left[src], chance.choice((1000, PAGE, 65536))))
            assert part, "the stream ended early"
            parts[src].append(part)
            left[src] -= len(part)
            if not left[src]:
                del left[src]
        return {src: b"".join(part) for src, part in parts.items()}


def add_tests() -> None:
    def method(fs: str):
        return lambda self: self.race(fs)

    for fs in ("ext4", "xfs", "btrfs", "tmpfs"):
        setattr(Race, f"test_race_{fs}", method(fs))


add_tests()

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Filters: what passes all of them is reported, what fails one alone has never been heard of.

Every filter is on at once. Each flow that has to stay silent differs from one that is reported in
the one thing that its filter asks for.
"""
import os
import unittest
from collections.abc import Iterable

from case import Watch
from guest import PAGE, Flow, invert, make_file, run_as, send_file, sh, until

TOP = "/mnt/ext4/filters"
INSIDE = f"{TOP}/in"
OUTSIDE = f"{TOP}/in-not"  # begins with the same characters
CGROUP = "/sys/fs/cgroup/pf-filters"
SETUP = f"""
set -e
mkdir -p {INSIDE}/deep/er {INSIDE}/mounted {OUTSIDE} {CGROUP}
mount -t tmpfs tmpfs {INSIDE}/mounted
ip netns add pf-filter
ip -n pf-filter link set lo up
"""
CLEAN = f"""
ip netns del pf-filter
umount {INSIDE}/mounted
rm -rf {TOP}
rmdir {CGROUP}
true
"""
PAGES = 3
NOBODY = 1 << 22  # a process number that none has


def port(address: str) -> str:
    return address.rpartition(":")[2]


class Sending:
    """A file for one connection, which is there before the watch."""

    number = 0

    def __init__(self, where: str = f"{INSIDE}/deep/er", host: str = "127.0.0.1",
                 netns: str | None = None):
        Sending.number += 1
        self.path = f"{where}/{Sending.number}"
        self.data = make_file(self.path, PAGES * PAGE)
        self.flow = Flow(host, tx_netns=netns, rx_netns=netns)
        stat = os.stat(self.path)
        self.inode = f"{os.major(stat.st_dev)}:{os.minor(stat.st_dev)}:{stat.st_ino}"
        self.lport, self.rport = port(self.flow.src), port(self.flow.dst)
        self.comm = "pf-sender"
        self.cgroup = True
        self.orphan = False
        self.writable = os.open(self.path, os.O_RDWR)

    def send(self) -> None:
        """From a process of its own, which ends."""
        reading, writing = os.pipe()
        run_as("pf-parent", self._start, writing)
        os.close(writing)
        assert os.read(reading, 1) == b"x"
        os.close(reading)

    def _start(self, done: int) -> None:
        """A child of this process, of no process of ours if it waits to be an orphan."""
        parent = os.getpid()
        if not self.orphan:
            self._send(done)
        elif not os.fork():
            until(lambda: os.getppid() != parent, "an orphan")
            self._send(done)
            os._exit(0)

    def _send(self, done: int) -> None:
        with open("/proc/thread-self/comm", "w", encoding="ascii") as file:
            file.write(self.comm)
        if self.cgroup:
            with open(f"{CGROUP}/cgroup.procs", "w", encoding="ascii") as file:
                file.write("0")
        send_file(self.flow.tx, f"/proc/self/fd/{self.writable}", 0, PAGES * PAGE)
        os.write(done, b"x")

    def overwrite(self, off: int = PAGE - 100, length: int = 200) -> None:
        run_as("pf-writer", os.pwrite, self.writable, invert(self.data[off:off + length]), off)

    def close(self) -> None:
        self.flow.close()
        os.close(self.writable)


def each(option: str, values: Iterable[str]) -> list[str]:
    """An option once for each value, in any order."""
    return [word for value in set(values) for word in (option, value)]


class Filters(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        sh(f"({CLEAN}) 2> /dev/null; {SETUP}")
        self.addCleanup(sh, CLEAN)
        self.all: list[Sending] = []

    def sending(self, **args: object) -> Sending:
        """One whose ports no other has: the kernel gives a port again where the peers differ."""
        one = Sending(**args)
        self.addCleanup(one.close)
        if any({one.lport, one.rport} & {other.lport, other.rport} for other in self.all):
            return self.sending(**args)
        self.all.append(one)
        return one

    def but(self, *left_out: Sending) -> list[Sending]:
        return [one for one in self.all if one not in left_out]

    def options(self, failing: dict[str, Sending]) -> list[str]:
        """All of them, so that each of `failing` fails the one it is named by."""
        netns = os.stat("/proc/self/ns/net").st_ino
        return ["--pid", str(NOBODY), "--pid", str(os.getpid()),
                "--comm", "pf-nobody", "--comm", "pf-sender",
                "--cgroup", CGROUP, "--netns", str(netns),
                *each("--port", ((one.lport, one.rport)[i % 2]
                                 for i, one in enumerate(self.but(failing["port"])))),
                *each("--lport", (one.lport for one in self.but(failing["lport"]))),
                *each("--rport", (one.rport for one in self.but(failing["rport"]))),
                "--addr", "10.9.0.0/16", "--addr", "127.0.0.0/30", "--path", INSIDE,
                *each("--inode", (one.inode for one in self.but(failing["inode"]))),
                "--min-bytes", "100"]

    def test_each(self) -> None:
        passing = [self.sending(), self.sending(where=f"{INSIDE}/mounted"), self.sending()]
        os.unlink(passing[2].path)  # it still is known where it was
        failing = {name: self.sending() for name in ("pid", "comm", "cgroup", "port", "lport",
                                                     "rport", "inode")}
        failing["netns"] = self.sending(netns="pf-filter")
        failing["addr"] = self.sending(host="::1")
        failing["path"] = self.sending(where=OUTSIDE)
        failing["pid"].orphan = True
        failing["comm"].comm = "pf-senders"
        failing["cgroup"].cgroup = False

        watch = Watch(*self.options(failing))
        for one in [*failing.values(), *passing]:
            one.send()
            one.overwrite()
        passing[0].overwrite(0, 99)
        passing[0].overwrite(0, 100)
        found = [watch.record() for _ in range(4)]
        summary = watch.stop()

        silent = {one.flow.src: name for name, one in failing.items()}
        self.assertEqual([silent.get(i["connection"]["src"], i["connection"]["src"])
                          for i in found],
                         [one.flow.src for one in (*passing, passing[0])])
        self.assertEqual([i["bytes"] for i in found], [200, 200, 200, 100])
        self.assertEqual(sum(summary["incidents"].values()), 4, summary)
        self.assertEqual(summary["below_min_bytes"], 1)
        self.assertEqual(summary["connections"], len(passing))
        self.assertEqual(summary["flights"], len(passing) * PAGES)
        self.assertEqual(summary["counters"]["filtered"], len(failing) * PAGES)
        self.assertEqual({k: v for k, v in summary["losses"].items() if v}, {})
        self.assertEqual(summary["filters"]["pid"], [NOBODY, os.getpid()])
        self.assertEqual(summary["filters"]["addr"], ["10.9.0.0/16", "127.0.0.0/30"])
        self.assertEqual(summary["filters"]["min_bytes"], 100)
        self.assertIn(f"pid {NOBODY} or {os.getpid()}, comm pf-nobody or pf-sender, ",
                      watch.stderr())

    def test_each_in_other_words(self) -> None:
        """A prefix of IPv6, a namespace by its file, paths that are files."""
        passing = self.sending(host="::1", netns="pf-filter")
        failing = [self.sending(host="::1"), self.sending(netns="pf-filter"),
                   self.sending(host="::1", netns="pf-filter")]
        watch = Watch("--netns", "/run/netns/pf-filter", "--addr", "::1/127",
                      *each("--path", (one.path for one in self.but(failing[2]))))
        for one in (*failing, passing):
            one.send()
            one.overwrite()
        found = watch.record()
        summary = watch.stop()
        self.assertEqual(found["connection"]["src"], passing.flow.src)
        self.assertEqual(sum(summary["incidents"].values()), 1)
        self.assertEqual(summary["counters"]["filtered"], len(failing) * PAGES)

    def test_two_files_in_one_call(self) -> None:
        """Every second page passes, and is found at its place of the stream."""
        passing, failing = self.sending(), self.sending()
        watch = Watch("--inode", passing.inode)
        reading, writing = os.pipe()
        for page in (0, 1):
            for one in (failing, passing):
                os.splice(one.writable, writing, PAGE, offset_src=page * PAGE)
        left = 4 * PAGE
        while left:
            left -= os.splice(reading, passing.flow.tx.fileno(), left)
        os.close(reading)
        os.close(writing)
        failing.overwrite(0, 2 * PAGE)
        passing.overwrite(0, 2 * PAGE)
        found = watch.record()
        summary = watch.stop()
        self.assertEqual([(r["file_offset"], r["stream_offset"], r["length"])
                          for r in found["ranges"]],
                         [(0, PAGE, PAGE), (PAGE, 3 * PAGE, PAGE)])
        self.assertEqual(passing.flow.read(4 * PAGE),
                         invert(failing.data[:PAGE]) + invert(passing.data[:PAGE]) +
                         invert(failing.data[PAGE:2 * PAGE]) +
                         invert(passing.data[PAGE:2 * PAGE]))
        self.assertEqual(sum(summary["incidents"].values()), 1)
        self.assertEqual(summary["flights"], 2)
        self.assertEqual(summary["counters"]["filtered"], 2)

    def test_rename(self) -> None:
        """What is moved below the directory passes before long; what is moved out does not."""
        watch = Watch("--path", INSIDE)
        mark = self.sending()
        moved = self.sending(where=OUTSIDE)
        mark.send()

        def reported() -> bool:
            """Is an overwrite of a page sent now? The mark's comes after it."""
            moved.send()
            moved.overwrite()
            mark.overwrite()
            sources = []
            while (record := watch.record())["connection"]["src"] != mark.flow.src:
                sources.append(record["connection"]["src"])
            moved.flow.read(PAGES * PAGE)
            return moved.flow.src in sources

        self.assertFalse(reported())
        os.rename(moved.path, f"{INSIDE}/moved")
        until(reported, "moved in")
        os.rename(f"{INSIDE}/moved", moved.path)
        until(lambda: not reported(), "moved out")
        watch.stop()

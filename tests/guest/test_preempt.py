# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Kernels that preempt themselves: threads that are preempted inside of our programs.

The kernel then skips these programs for others. Each invocation that was skipped is counted by its
role, and hides no more than its role says. Where programs may turn preemption off, next to no page
is hidden.
"""
import os
import re
import subprocess
import tempfile
import unittest
from collections import Counter

from case import Watch
from guest import PAGE, sh

CROWD = "build/tests/guest/crowd"
MODE = "/sys/kernel/debug/sched/preempt"
WRITERS, SECONDS = 8, 6
SENDERS, CONNECTIONS, PAGES = 8, 25, 8


def can_turn_it_off() -> bool:
    """As user/kernel/features.c asks."""
    with open("/sys/kernel/btf/vmlinux", "rb") as types:
        names = types.read()
    return all(b"\0" + name + b"\0" in names for name in
               (b"bpf_preempt_disable", b"bpf_local_irq_save", b"might_sleep"))


def read_mode() -> str:
    with open(MODE, encoding="ascii") as file:
        return file.read()


class Preempt(unittest.TestCase):
    def setUp(self) -> None:
        if not os.path.isdir("/sys/kernel/debug/sched"):
            sh("mount -t debugfs debugfs /sys/kernel/debug || true")
        self.dir = tempfile.mkdtemp(dir="/mnt/tmpfs")
        self.addCleanup(sh, f"rm -r {self.dir}")
        self.writes = self.sends = self.sends_reported = 0

    def modes(self) -> list[str]:
        """In which this kernel preempts itself. One is set when the session starts."""
        if not os.path.exists(MODE):
            if "PREEMPT_RT" not in os.uname().version:
                self.skipTest("the mode of preemption cannot be changed")
            return ["rt"]
        before = re.search(r"\((\w+)\)", read_mode())[1]
        self.addCleanup(sh, f"echo {before} > {MODE}")
        return [mode for mode in ("full", "lazy") if mode in read_mode()]

    def crowd(self, *args: object) -> tuple[list[list[str]], list[dict]]:
        """What a crowd on one processor printed, and the incidents."""
        done = []
        found = self.watch.collect_during(lambda: done.append(subprocess.run(
            [CROWD, *map(str, args)], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False)))
        self.assertEqual((done[0].returncode, done[0].stderr), (0, ""))
        return [line.split() for line in done[0].stdout.splitlines()], found

    def check_writers(self) -> None:
        """No path is put together of two."""
        said, incidents = self.crowd("write", self.dir, WRITERS, SECONDS)
        *files, (writes, _) = said
        paths = {int(inode): f"{self.dir}{f'/{letter * 14}' * 25}/f" for letter, inode in files}
        wrong = Counter(i["file"]["path"] for i in incidents
                        if i["file"] and i["file"]["path"] and i["file"]["inode"] in paths
                        and i["file"]["path"] != paths[i["file"]["inode"]])
        self.assertFalse(wrong)
        self.assertTrue(incidents)
        self.writes += int(writes)

    def check_senders(self) -> int:
        """Returns how many wrong bytes nothing was said of. Of no connection it is too much."""
        said, incidents = self.crowd("send", self.dir, SENDERS, CONNECTIONS)
        silent = Counter({port: int(n) for port, n in said})
        self.assertEqual(len(silent), SENDERS * CONNECTIONS)
        for incident in incidents:
            port = incident["connection"]["src"].rpartition(":")[2]
            self.assertIn(port, silent)
            self.assertTrue(incident["verdict"] == "corrupt" or incident["evidence_lost"], incident)
            silent[port] -= incident["bytes"]
        self.assertTrue(all(n >= 0 for n in silent.values()), silent)
        self.sends += SENDERS * CONNECTIONS * PAGES
        self.sends_reported += len(incidents)
        return silent.total()

    def check_missed(self, summary: dict, silent: int) -> None:
        """Every skipped invocation has a role. What is silent is so by those of attach, and a write
        that nothing was said of by those of write, or its records were lost."""
        losses, roles = summary["losses"], summary["missed_by"]
        unsaid = (self.writes + self.sends_reported + self.watch.marks
                  - sum(summary["incidents"].values()))
        print(f"    {self.writes} writes, {unsaid} unsaid; {self.sends} sends,",
              f"{silent // PAGE} pages unsaid;", {k: n for k, n in losses.items() if n},
              {role: n for role, n in roles.items() if n}, flush=True)
        self.assertEqual(sum(roles.values()), losses["missed"])
        self.assertLessEqual(silent, PAGE * roles["attach"])
        self.assertLessEqual(unsaid, roles["write"] + losses["events_lost"])
        self.assertEqual(losses["writes_full"], 0)
        if can_turn_it_off():
            self.assertLessEqual(silent, PAGE * self.sends // 100)

    def test_crowds_on_one_processor(self) -> None:
        """One session for all modes, since it takes long to start. Files and ports are new in
        each."""
        modes, silent = self.modes(), 0
        for mode in modes:
            if mode != "rt":
                sh(f"echo {mode} > {MODE}")
            if mode == modes[0]:
                self.watch = Watch("--ring-size", "32M", "--settle", "600")
                self.watch.collect()
            with self.subTest(mode):
                self.check_writers()
                silent += self.check_senders()
        self.check_missed(self.watch.stop(), silent)

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""pageflight wait as a script sees it: exit status, what it says, and when it returns.

tests/bpf/test_now.c has what it does to bytes, in many rounds.
"""
import os
import re
import select
import subprocess
import unittest

from case import Case
from guest import BIN, DEADLINE, PAGE, Flow, make_file, send_file, sh
from remote import Remote

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
BPF = ("setpriv", "--bounding-set=-all,+bpf,+perfmon,+dac_read_search")


class Wait(unittest.TestCase):
    fs = Case.fs

    def setUp(self) -> None:
        self.path = f"{self.fs('ext4')}/wait"
        make_file(self.path, 8 * PAGE)
        self.addCleanup(os.unlink, self.path)

    def wait(self, status: int, *args: str, who: tuple[str, ...] = ()) -> str:
        """Returns what it says on stderr."""
        done = subprocess.run([*who, BIN, "wait", *args], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, status, f"{args}: {done.stderr}")
        self.assertEqual(done.stdout, "")
        return done.stderr

    def held(self) -> Flow:
        flow = Flow()
        self.addCleanup(flow.close)
        send_file(flow.tx, self.path, 0, 8 * PAGE)
        flow.wait_acked()
        return flow

    def started(self, *args: str) -> subprocess.Popen:
        """A wait that has said that it waits."""
        proc = subprocess.Popen([BIN, "wait", *args], stdin=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)
        self.addCleanup(proc.stderr.close)
        ready, _, _ = select.select([proc.stderr], [], [], DEADLINE)
        self.assertTrue(ready)
        self.said = os.read(proc.stderr.fileno(), 4096).decode()
        return proc

    def test_free(self) -> None:
        self.assertEqual(self.wait(0, self.path), "")

    def test_timeout(self) -> None:
        self.held()
        said = self.wait(4, "--timeout", "0", self.path)
        self.assertEqual(said, f"pageflight: gave up: {8 * PAGE} bytes of {self.path} "
                               "are in 1 sockets\n")

    def test_range(self) -> None:
        flow = self.held()
        flow.read(2 * PAGE)
        # The packet still has these pages, though they were read.
        self.assertRegex(self.wait(0, "--timeout", "0", "--range", f"0+{2 * PAGE}", self.path),
                         r"\A(|pageflight: no socket holds it, but [^\n]+\n)\Z")
        self.assertIn(f" {PAGE} bytes ",
                      self.wait(4, self.path, "-t0", f"--range={PAGE}+{2 * PAGE}"))

    def test_until_it_is_read(self) -> None:
        flow = self.held()
        proc = self.started(self.path)
        self.assertIn(f"waiting: {8 * PAGE} bytes of {self.path} are in 1 sockets", self.said)
        flow.read(8 * PAGE - 1)
        self.assertIsNone(proc.poll())
        flow.read(1)
        self.assertEqual(proc.wait(DEADLINE), 0)

    def test_until_it_is_acknowledged(self) -> None:
        sh("modprobe tun")
        remote = Remote()
        self.addCleanup(remote.close)
        send_file(remote.sock, self.path, 0, 4 * PAGE)
        remote.data(4 * PAGE)
        proc = self.started(self.path)
        self.assertIn(f"waiting: {4 * PAGE} bytes", self.said)
        remote.acknowledge(4 * PAGE - 1)
        self.assertIsNone(proc.poll())
        remote.acknowledge(1)
        self.assertEqual(proc.wait(DEADLINE), 0)

    def test_several_files(self) -> None:
        other = f"{self.path}-other"
        make_file(other, PAGE)
        self.addCleanup(os.unlink, other)
        self.held()
        self.assertIn("and 1 more are in 1 sockets", self.wait(4, other, self.path, "-t", "0"))
        self.assertEqual(self.wait(0, other), "")

    def test_other_namespace(self) -> None:
        sh("ip netns del pf-wait 2> /dev/null; ip netns add pf-wait && "
           "ip -n pf-wait link set lo up")
        self.addCleanup(sh, "ip netns del pf-wait")
        flow = Flow(tx_netns="pf-wait", rx_netns="pf-wait")
        self.addCleanup(flow.close)
        send_file(flow.tx, self.path, 0, PAGE)
        self.assertIn(f" {PAGE} bytes ", self.wait(4, self.path, "-t", "0"))
        flow.read(PAGE)
        self.assertEqual(self.wait(0, self.path), "")

    def test_usage(self) -> None:
        for args in ((), ("/not/there",), ("--range", "5", self.path)):
            with self.subTest(args):
                self.assertRegex(self.wait(2, *args), r"\Apageflight: wait: [^\n]+\n\Z")
        self.assertIn("Is a directory", self.wait(1, "/tmp"))

    def test_privileges(self) -> None:
        self.assertRegex(self.wait(1, "/etc/hostname", who=NOBODY),
                         r"\Apageflight: wait: BPF tracing needs [^\n]+\n\Z")
        if tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 2):
            return  # all of it needs CAP_SYS_ADMIN there
        self.assertEqual(self.wait(0, self.path, who=BPF),
                         "pageflight: no CAP_SYS_ADMIN: sockets of other network namespaces are "
                         "not looked at\n")

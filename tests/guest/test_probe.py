# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What probe says of a kernel: here, by its types alone, and to who looks into a fault."""
import json
import os
import re
import socket
import tempfile
import unittest

from btf import Types
from guest import BIN, sh
from test_commands import NOBODY, run

TYPES = "/sys/kernel/btf/vmlinux"


class Probe(unittest.TestCase):
    """Loading all programs takes its time: one probe of this kernel is enough for most tests."""
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        cls.dir = tempfile.mkdtemp(prefix="pf-probe-")
        cls.path = f"{cls.dir}/bundle"
        name = socket.gethostname()
        socket.sethostname("secretly-named")
        cls.done = run(BIN, "probe", "-j", "--bundle", cls.path)
        socket.sethostname(name)
        cls.here = json.loads(cls.done.stdout)
        with open(cls.path, encoding="utf-8") as bundle:
            cls.text = bundle.read()

    @classmethod
    def tearDownClass(cls) -> None:
        sh(f"rm -rf {cls.dir}")

    def plan(self) -> dict:
        done = run(BIN, "probe", "-j", "--btf", TYPES)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    @staticmethod
    def hooks(probe: dict, state: str) -> set[tuple[str, str, str]]:
        """One that has a second program is there if either is."""
        return {(h["role"], h["method"], h["symbol"])
                for h in probe["hooks"] if h["state"] == state}

    def test_plan(self) -> None:
        """What the types of this kernel promise is what it keeps."""
        here, plan = self.here, self.plan()
        self.assertEqual((here["plan"], plan["plan"], plan["lacks"]), (False, True, []))
        self.assertEqual(self.hooks(plan, "planned"), self.hooks(here, "attached"))
        self.assertEqual(self.hooks(plan, "absent"), self.hooks(here, "absent"))
        self.assertEqual([b["what"] for b in plan["not_detected"]],
                         [b["what"] for b in here["not_detected"]])
        self.assertTrue(here["works"])
        self.assertTrue(plan["works"])

    def plan_with_files(self, symbols: list[str]) -> dict:
        """Of this kernel, if these functions and tracepoints took files alone."""
        types = Types(TYPES)
        for symbol in symbols:
            types.take_files(symbol)
        with tempfile.TemporaryDirectory() as folder:
            types.write(f"{folder}/vmlinux")
            done = run(BIN, "probe", "-j", "--btf", f"{folder}/vmlinux")
        self.assertEqual(done.returncode, 1, done.stderr)
        return json.loads(done.stdout)

    def test_plan_of_old_writes(self) -> None:
        """As in RHEL 9, whose BPF is newer than its functions of files."""
        plan = self.plan_with_files(["generic_perform_write"])
        self.assertEqual(plan["lacks"], [])
        self.assertEqual(plan["sentence"], "pageflight does not work on that kernel: no hook sees "
                         "writes to ext4, tmpfs and most file systems "
                         "(generic_perform_write: parameter 1 is file, not kiocb).")

    def test_plan_of_other_parameters(self) -> None:
        """A function that takes something else is refused by its name, whichever it is."""
        known = Types(TYPES)
        before = {h["symbol"] for h in self.plan()["hooks"]
                  if h["method"] != "iter" and h["state"] == "planned" and
                  known.prototypes(h["symbol"])}
        self.assertIn("tcp_ack", before)
        plan = self.plan_with_files(sorted(before))
        for hook in plan["hooks"]:
            if hook["symbol"] in before:
                with self.subTest(symbol=hook["symbol"]):
                    self.assertEqual(hook["state"], "absent")
                    self.assertRegex(hook["why"], "^parameter [12] is file, not [a-z_]+$")
        for blind in ("acknowledgements (tcp_ack: parameter 1 is file, not sock)",
                      "retransmissions (tcp_retransmit_skb: parameter 1 is file, not sock)"):
            self.assertIn(f"no hook sees {blind}", plan["sentence"])

    def test_plan_needs_no_rights(self) -> None:
        done = run(*NOBODY, BIN, "probe", "--btf", TYPES)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")

    def test_plan_of_nothing(self) -> None:
        for path in ("/no/such", "/proc/version", "/sys/kernel/btf/btrfs", "/tmp"):
            with self.subTest(path=path):
                done = run(BIN, "probe", "--btf", path)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertIn(f"{path} has no types of a kernel", done.stderr)

    def test_hooks(self) -> None:
        """Each role has a hook, unless its function is newer than the kernel, and its own test saw
        every byte."""
        probe = self.here
        self.assertEqual(probe["type"], "probe")
        roles = {h["role"] for h in probe["hooks"]}
        attached = {h["role"] for h in probe["hooks"] if h["state"] == "attached"}
        self.assertLessEqual({"attach", "ack", "release", "abort", "write"}, roles)
        with open("/proc/kallsyms", encoding="ascii") as symbols:
            newer = set() if " netfs_perform_write\t" in symbols.read() else {"write netfs"}
        self.assertEqual(roles - attached, newer)
        self.assertIs(probe["selftest"]["passed"], True)
        for result in probe["selftest"]["results"]:
            self.assertEqual(result["seen"], result["expected"], result)

    def test_where_fingerprints_wait(self) -> None:
        """On the file systems of this machine, unless the kernel may skip programs."""
        version = os.uname().version
        with open("/proc/kallsyms", encoding="ascii") as symbols:
            unpreempted = re.search(r" bpf_local_irq_save$", symbols.read(), re.M)
        mode = "(full)" if "PREEMPT" in version else "(none)"
        if "PREEMPT_DYNAMIC" in version:
            with open("/sys/kernel/debug/sched/preempt", encoding="ascii") as file:
                mode = file.read()
        sure = "(none)" in mode or "(voluntary)" in mode or unpreempted
        waits = ["tmpfs", "ext4", "xfs"] if sure and "PREEMPT_RT" not in version else []
        self.assertEqual(self.here["waits"], waits)

    def test_what_is_not_detected(self) -> None:
        """The summary has the list that probe has, and text and the start of watch say each of
        it."""
        missing = self.here["not_detected"]
        done = run(BIN, "watch", "-j", "--", "true")
        self.assertEqual(json.loads(done.stdout)["not_detected"], missing)
        for blind in missing:
            line = f"not detected: {blind['what']} [{blind['symbol']}: {blind['why']}]"
            self.assertIn(line, done.stderr)
            self.assertIn(f"{line}\n", self.text)
            self.assertIn(blind["what"], self.here["sentence"])
        self.assertTrue(self.here["sentence"].startswith("pageflight works on this kernel, "))
        # All modules are loaded here: what is not in a kernel is newer than that.
        with open("/proc/kallsyms", encoding="ascii") as symbols:
            newer = [] if " netfs_perform_write\t" in symbols.read() else ["netfs_perform_write"]
        self.assertEqual([blind["symbol"] for blind in missing], newer)

    def test_bundle(self) -> None:
        """It has what probe says, and the host; not who and where that is."""
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        # The sentence is the last line of what probe prints as text.
        for known in (f"\n\n{self.here['sentence']}\n\n", os.uname().release, "lockdown",
                      "capabilities in effect", "\ntcp_ack\n"):
            self.assertIn(known, self.text)
        for secret in ("secretly-named", self.dir, "ffffffff8"):
            self.assertNotIn(secret, self.text)
        again = run(BIN, "probe", "--bundle", self.path)
        self.assertEqual(again.returncode, 1)
        self.assertIn("File exists", again.stderr)

    def test_bundle_of_a_failure(self) -> None:
        """Where pageflight may not start, it says why, and what the types promise."""
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            path = os.path.join(folder, "bundle")
            done = run(*NOBODY, BIN, "probe", "--bundle", path)
            self.assertEqual(done.returncode, 1)
            with open(path, encoding="utf-8") as bundle:
                text = bundle.read()
            self.assertIn("Probe failed: BPF tracing needs the privileges of root", text)
            self.assertIn("By its types pageflight works on that kernel", text)

    def test_full_disk(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            sh(f"mount -t tmpfs -o size=4k,mode=777 small {folder}")
            done = run(*NOBODY, BIN, "probe", "--bundle", f"{folder}/bundle")
            sh(f"umount {folder}")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot write to {folder}/bundle: ", done.stderr)

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What probe says of a kernel: here, and by its types alone."""
import json
import tempfile
import unittest

from btf import Types
from guest import BIN
from test_commands import NOBODY, run

TYPES = "/sys/kernel/btf/vmlinux"


class Probe(unittest.TestCase):
    maxDiff = None

    def probe(self, *args: str) -> dict:
        done = run(BIN, "probe", "-j", *args)
        self.assertEqual(done.returncode, 0, f"{args}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    @staticmethod
    def hooks(probe: dict, state: str) -> set[tuple[str, str, str]]:
        """One that has a second program is there if either is."""
        return {(h["role"], h["method"], h["symbol"])
                for h in probe["hooks"] if h["state"] == state}

    def test_plan(self) -> None:
        """What the types of this kernel promise is what it keeps."""
        here, plan = self.probe(), self.probe("--btf", TYPES)
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
        before = {h["symbol"] for h in self.probe("--btf", TYPES)["hooks"]
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

    def test_sentence(self) -> None:
        """The last line says it plainly, and names all that is not seen."""
        said = run(BIN, "probe").stdout.splitlines()[-1]
        here = self.probe()
        self.assertEqual(said, here["sentence"])
        self.assertTrue(said.startswith("pageflight works on this kernel"), said)
        for blind in here["not_detected"]:
            self.assertIn(blind["what"], said)

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A kernel that is too old is refused with one clear line."""
import json
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

    def test_plan(self) -> None:
        """Its types tell all that is missing: helpers, hooks, and one that takes something else."""
        done = run(BIN, "probe", "-j", "--btf", "/sys/kernel/btf/vmlinux")
        self.assertEqual(done.returncode, 1, done.stderr)
        plan = json.loads(done.stdout)
        self.assertIs(plan["works"], False)
        self.assertEqual(plan["lacks"], ["BPF_FUNC_loop", "BPF_FUNC_get_func_ret",
                                         "BPF_FUNC_task_pt_regs"])
        for missing in (*plan["lacks"], "generic_perform_write: parameter 1 is file, not kiocb"):
            self.assertIn(missing, plan["sentence"])
        self.assertTrue(plan["sentence"].startswith("pageflight does not work on that kernel: "))

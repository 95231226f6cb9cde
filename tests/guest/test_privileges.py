# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What works with which capabilities, and what is said of the others. The user is nobody; no test
asks who the user is. A table of it all is printed at the end."""
import os
import re
import unittest

from case import Scene, Watch
from guest import BIN, CLONE_NEWNS, PAGE, Held, do_write, libc, make_file, run_as, sh
from memory import Mapper
from test_commands import run

SIZE = 16 * PAGE
CLOSED = "/mnt/ext4/closed"  # a directory that only its owner may search
TWO = ("bpf", "perfmon")
ALL = (*TWO, "sys_ptrace", "syslog", "dac_read_search", "sys_admin")

FEATURES = ("writes", "contents", "suspects", "namespaces", "functions", "modules", "filter")

# What is said of each that is missing, and the features that go with it.
LOSSES = {
    "no CAP_SYS_PTRACE": {"suspects", "namespaces"},
    "no CAP_SYSLOG": {"functions"},
    "neither CAP_SYSLOG nor CAP_SYS_RAWIO": {"contents"},
    "no CAP_DAC_READ_SEARCH": {"filter"},
    "no CAP_SYS_ADMIN": {"modules"},
}


def without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in ALL if name not in names)


# Which capabilities, and of what the loss is said. None: it does not start.
ROWS = {
    "all": (ALL, ()),
    "sys_admin for bpf, perfmon": (without(*TWO), ()),
    "no sys_ptrace": (without("sys_ptrace"), ("no CAP_SYS_PTRACE",)),
    "no syslog": (without("syslog"), ("no CAP_SYSLOG", "neither CAP_SYSLOG nor CAP_SYS_RAWIO")),
    "sys_rawio for syslog": ((*without("syslog"), "sys_rawio"), ("no CAP_SYSLOG",)),
    "no dac_read_search": (without("dac_read_search"), ("no CAP_DAC_READ_SEARCH",)),
    "no sys_admin": (without("sys_admin"), ("no CAP_SYS_ADMIN",)),
    "bpf, perfmon alone": (TWO, tuple(LOSSES)),
    "no bpf": (without("bpf", "sys_admin"), None),
    "no perfmon": (without("perfmon", "sys_admin"), None),
    "none": ((), None),
}


def as_nobody(capabilities: tuple[str, ...]) -> tuple[str, ...]:
    caps = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={caps}",
            f"--ambient-caps={caps}", f"--bounding-set={caps}")


def in_own_namespace(scene_path: str, said: int, end: int) -> None:
    """Write to a file of a mount that nobody else has, and stay."""
    libc("unshare", CLONE_NEWNS)
    sh("mount --make-rprivate / && mount -t tmpfs own /mnt/tmpfs")
    scene = Scene(scene_path, SIZE)
    do_write(scene_path, PAGE, b"new")
    scene.read()
    scene.close()
    os.write(said, b"d")
    os.read(end, 1)


class Privileges(unittest.TestCase):
    maxDiff = None
    table: list[str] = []

    @classmethod
    def setUpClass(cls) -> None:
        cls.table = [f"{'CAPABILITIES':27}{'STATUS':8}" + "".join(f"{f:11}" for f in FEATURES)]
        os.makedirs(CLOSED, 0o700, exist_ok=True)
        make_file(f"{CLOSED}/file", PAGE)
        with open("/sys/kernel/btf/vmlinux", "rb") as types:
            cls.casts = b"\0bpf_rdonly_cast\0" in types.read()

    @classmethod
    def tearDownClass(cls) -> None:
        print("\n".join(cls.table))

    def note(self, row: str, status: int, works: set[str], said: str,
             untried: frozenset[str] = frozenset()) -> None:
        cells = "".join(f"{'yes' if f in works else '' if f in untried else 'no':11}"
                        for f in FEATURES)
        self.table.append(f"{row:27}{status:<8}{cells}")
        self.table.extend(f"    {line}" for line in said.splitlines() if "CAP_" in line)

    def write(self, watch: Watch) -> set[str]:
        """A write, with the functions that lead to it."""
        scene = Scene("/mnt/ext4/privileges", SIZE)
        run_as("pf-writer", do_write, scene.path, PAGE, b"new")
        got = scene.read()
        found = watch.collect()
        scene.close()
        if [(i["verdict"], i["file"]["path"], i["bytes"]) for i in found] != \
                [("corrupt", scene.path, 3)] or got != [(PAGE, 3)]:
            return set()
        named = any(re.search(r"vfs_write\+0x", f) for f in found[0]["writer"]["stack"])
        return {"writes", "functions"} if named else {"writes"}

    def store(self, watch: Watch) -> set[str]:
        """A first store through a mapping of a process of root, and who else has it mapped."""
        path = "/mnt/ext4/privileges"
        scene = Scene(path, data=make_file(path, SIZE, clean=True))
        mapper = Mapper(path, lambda mem: mem.__setitem__(PAGE, mem[PAGE] ^ 0xFF), touch=False)
        mapper.step()
        scene.read()
        found = watch.collect()
        mapper.end()
        scene.close()
        self.assertEqual([i["writer"]["pid"] for i in found], [mapper.pid])
        if not found[0]["suspects"]:
            self.assertIs(found[0].get("suspects_cut"), True, found)
            return set()
        self.assertEqual([one["pid"] for one in found[0]["suspects"]], [mapper.pid])
        return {"suspects"}

    def namespace(self, watch: Watch) -> set[str]:
        """The path of a file that only its writer sees."""
        path = "/mnt/tmpfs/privileges"
        held = Held("pf-own", in_own_namespace, path)
        self.assertEqual(held.said, b"d")
        (incident,) = watch.collect()
        held.end()
        return {"namespaces"} if incident["file"]["seen_by"] == "writer" and \
            incident["file"]["path"] == path else set()

    def filter(self, who: tuple[str, ...]) -> set[str]:
        """A path below a directory that others may not search."""
        done = run(*who, BIN, "watch", "--path", f"{CLOSED}/file", "--", "true")
        if done.returncode:
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("Permission denied", done.stderr)
        return set() if done.returncode else {"filter"}

    def refused(self, row: str, *names: str) -> None:
        """One line that names each of these capabilities."""
        done = run(*as_nobody(ROWS[row][0]), BIN, "watch", "-j", "--", "true")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(set(re.findall(r"CAP_\w+", done.stderr.partition(": no ")[2])
                             or re.findall(r"CAP_\w+", done.stderr)), set(names), done.stderr)
        self.note(row, done.returncode, set(), done.stderr)

    def works(self, row: str) -> None:
        capabilities, losses = ROWS[row]
        if not self.casts and "sys_admin" not in capabilities:
            self.refused(row, "CAP_SYS_ADMIN")
            return
        who = as_nobody(capabilities)
        watch = Watch("--settle", "600", who=who)
        works = self.write(watch) | self.store(watch) | self.namespace(watch)
        summary, said = watch.stop(), watch.stderr()
        if summary["content"] == "wire":
            works.add("contents")
        if not re.search("not detected.*btrfs", said):
            works.add("modules")
        # Another start takes long, so it is tried where it ends early, and once where it does not.
        untried = frozenset() if row == "all" or "dac_read_search" not in capabilities else \
            frozenset({"filter"})
        if not untried:
            works |= self.filter(who)
        self.note(row, 0, works, said, untried)
        told = [line for line in said.splitlines()
                if "CAP_" in line and "not detected" not in line]
        self.assertEqual([re.search(r"(n\w+ CAP_[^:]*):", line)[1] for line in told], list(losses))
        self.assertEqual(works, set(FEATURES).difference(untried, *(LOSSES[n] for n in losses)))


def add_tests() -> None:
    refusals = {"no bpf": ("CAP_BPF",), "no perfmon": ("CAP_PERFMON",),
                "none": ("CAP_BPF", "CAP_PERFMON")}
    for row in ROWS:
        def test(self: Privileges, row: str = row) -> None:
            if row in refusals:
                self.refused(row, *refusals[row])
            else:
                self.works(row)

        setattr(Privileges, "test_" + re.sub(r"\W+", "_", row), test)


add_tests()

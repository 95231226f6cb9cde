# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The commands and their options, as a user and a script see them."""
import contextlib
import glob
import json
import os
import re
import signal
import subprocess
import unittest
from collections.abc import Iterator

from case import Watch
from guest import BIN, DEADLINE, sh, until

RACE = ("python3", "tests/guest/race.py")
MAPS = 20  # pageflight makes some more
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def run(*argv: str) -> subprocess.CompletedProcess:
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE, check=False)


def maps(pid: int) -> int:
    """How many maps it has: none once it has ended."""
    count = 0
    for fd in glob.glob(f"/proc/{pid}/fd/*"):
        with contextlib.suppress(FileNotFoundError):
            count += "bpf-map" in os.readlink(fd)
    return count


@contextlib.contextmanager
def stopped(proc: subprocess.Popen) -> Iterator[None]:
    proc.send_signal(signal.SIGSTOP)
    yield
    proc.send_signal(signal.SIGCONT)


class Commands(unittest.TestCase):
    maxDiff = None

    def pageflight(self, status: int, *args: str) -> subprocess.CompletedProcess:
        done = run(BIN, *args)
        self.assertEqual(done.returncode, status, f"{args}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, status: int, *args: str) -> list[dict]:
        done = self.pageflight(status, *args)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def one_line(self, status: int, *argv: str) -> str:
        """It says one line on stderr and nothing else."""
        done = run(*argv)
        said = f"{argv}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, status, said)
        self.assertEqual(done.stdout, "", said)
        self.assertEqual(done.stderr.count("\n"), 1, said)
        self.assertTrue(done.stderr.endswith("\n"), said)
        return done.stderr

    def test_demo(self) -> None:
        self.assertIn("corrupt", self.pageflight(0, "demo").stdout)

    def start(self, goes: int, comes: bool) -> str:
        """What pageflight says if btrfs goes in so many of its tries to start, when it has chosen to
        hook functions of that, and perhaps comes again before the next try. With it goes and
        comes a module that it has nothing to do with."""
        if not os.path.ismount("/mnt/btrfs"):
            self.skipTest("no btrfs")
        sh("umount /mnt/btrfs")
        self.addCleanup(sh, "mount -o loop -t btrfs /tmp/images/btrfs /mnt/btrfs")
        with subprocess.Popen([BIN, "watch", "--duration", "0.1"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as proc:
            while goes and proc.poll() is None:
                until(lambda: proc.poll() is not None or maps(proc.pid) > MAPS,
                      "its maps are there, so programs are next; or it has ended")
                with stopped(proc):
                    sh("modprobe -r btrfs dummy")
                goes -= 1
                if comes:
                    until(lambda: not maps(proc.pid), "it begins again, or has ended")
                    with stopped(proc):
                        sh("modprobe -a btrfs dummy")
            said = proc.communicate()[1].decode()
        self.assertEqual(proc.returncode, 0, said)
        return said

    def test_module_goes(self) -> None:
        """A module goes while pageflight starts, which has chosen to hook its functions."""
        self.assertIn("not detected: writes to btrfs (load its module before pageflight starts) "
                      "[btrfs_buffered_write: its module is not loaded]",
                      self.start(goes=1, comes=False))

    def test_module_is_loaded_anew(self) -> None:
        """It is hooked all the same."""
        said = self.start(goes=1, comes=True)
        self.assertNotIn("not detected: writes to btrfs", said)
        self.assertIn("write btrfs", said)

    def test_module_goes_and_comes(self) -> None:
        """It does so in each try, so it is left out in the end."""
        self.assertIn("[btrfs_buffered_write: its module went again and again while pageflight",
                      self.start(goes=99, comes=True))

    def test_count(self) -> None:
        """The third of five incidents is the last."""
        records = self.json(0, "watch", "-j", "--count", "3", "--", *RACE, "5")
        self.assertEqual([r["type"] for r in records], ["incident"] * 3 + ["summary"])

    def test_duration(self) -> None:
        records = self.json(0, "watch", "-j", "--duration", "0.2")
        self.assertEqual([r["type"] for r in records], ["summary"])
        self.assertGreaterEqual(records[0]["duration_us"], 200000)

    def test_command(self) -> None:
        """Everything of its life is seen, and the summary agrees."""
        *incidents, summary = self.json(0, "watch", "-j", "--", *RACE, "7")
        self.assertEqual(len(incidents), 7)
        self.assertEqual([i["file"]["offset"] for i in incidents], list(range(7)))
        self.assertEqual(summary["type"], "summary")
        self.assertEqual(summary["incidents"]["corrupt"], 7)
        self.assertEqual(summary["incident_bytes"]["corrupt"], 7)
        self.assertEqual(summary["flights"], 1)
        self.assertEqual(summary["bytes"], 4096)
        self.assertEqual(summary["in_flight"], 0)
        self.assertEqual({k: v for k, v in summary["losses"].items() if v}, {})

    def test_fail_on(self) -> None:
        records = self.json(3, "watch", "-j", "--fail-on", "corrupt", "--", *RACE, "1")
        self.assertEqual(len(records), 2)

    def test_status_of_the_command(self) -> None:
        """Nothing to fail on: the command's own exit status."""
        self.json(7, "watch", "-j", "--fail-on", "possible", "--", "sh", "-c", "exit 7")

    def test_ctrl_c(self) -> None:
        """A table, and a summary in words."""
        reading, writing = os.pipe()
        watch = subprocess.Popen([BIN, "watch", "--ready-fd", str(writing)], pass_fds=[writing],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        os.close(writing)
        self.assertEqual(os.read(reading, 1), b"\n")
        os.close(reading)
        run(*RACE, "2")
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=DEADLINE)
        self.assertEqual(watch.returncode, 0, err)
        self.assertIn("attached", err)
        self.assertEqual(len(re.findall(r"corrupt .*/tmp/pf-race", out)), 2, out)
        self.assertRegex(out + err, r"2 .*corrupt|corrupt.* 2")
        self.assertRegex(out, r"(?m)^content +wire$")

    def test_bad_options(self) -> None:
        for args in (("watch", "--no-such"), ("watch", "--count", "0"), ("watch", "--count", "1x"),
                     ("watch", "--duration", "-1"), ("watch", "--fail-on", "bad"),
                     ("watch", "--count"), ("watch", "operand"), ("probe", "--no-such"),
                     ("watch", "--port", "0"), ("watch", "--addr", "localhost"),
                     ("watch", "--path", "/no/such"), ("watch", "--netns", "/proc/self/ns/mnt"),
                     ("watch", "--cgroup", "/tmp"), ("watch", "--inode", "1234"),
                     ("watch", "--comm", "sixteen letters!"), ("watch", "--min-bytes", "1b"),
                     ("watch", *("--pid", "1") * 17),
                     *(("watch", "--ready-fd", fd) for fd in ("0", "1", "2", "3", "57")),
                     ("demo", "--no-such"), ("no-such",)):
            with self.subTest(args=args):
                self.one_line(2, BIN, *args)

    def test_fifo_is_no_netns(self) -> None:
        """It is not waited for."""
        os.mkfifo("/tmp/pf-fifo")
        self.one_line(2, BIN, "watch", "--netns", "/tmp/pf-fifo")
        os.unlink("/tmp/pf-fifo")

    def test_ready_fd_full(self) -> None:
        """Nobody can be told: the start fails, and waits for nobody."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, bytes(4096))
        os.set_blocking(writing, True)
        done = subprocess.run([BIN, "watch", "--ready-fd", str(writing)], pass_fds=[writing],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        os.close(reading)
        os.close(writing)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("cannot write to --ready-fd", done.stderr)

    def test_ready_fd_is_not_inherited(self) -> None:
        """Whoever waits for the end of file gets it while COMMAND runs."""
        reading, writing = os.pipe()
        watch = subprocess.Popen([BIN, "watch", "--ready-fd", str(writing), "--", "sleep", "1000"],
                                 pass_fds=[writing], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writing)
        self.assertEqual(os.read(reading, 1), b"\n")
        self.assertEqual(os.read(reading, 1), b"")
        self.assertIsNone(watch.poll())
        os.close(reading)
        watch.terminate()
        self.assertEqual(watch.wait(DEADLINE), 0)

    def test_sigchld_ignored(self) -> None:
        """A parent that ignores SIGCHLD does not keep the end of COMMAND from being seen."""
        done = run("sh", "-c", "trap '' CHLD; exec \"$@\"", "sh", BIN, "watch", "--", "sh", "-c",
                   "exit 7")
        self.assertEqual(done.returncode, 7, done.stderr)

    def test_unprivileged(self) -> None:
        for command in ("watch", "probe", "demo"):
            with self.subTest(command=command):
                said = self.one_line(1, *NOBODY, BIN, command)
                self.assertRegex(said, "root|CAP_|privilege")

    def test_two_capabilities(self) -> None:
        """An ordinary user with these two may watch, and is told what is lost without others. Where
        libbpf has to look for a function in modules, it is told what that takes."""
        caps = "-all,+bpf,+perfmon"
        with open("/sys/kernel/btf/vmlinux", "rb") as types:
            casts = b"\0bpf_rdonly_cast\0" in types.read()
        who = (*NOBODY, f"--inh-caps={caps}", f"--ambient-caps={caps}", BIN)
        if not casts:
            self.assertIn("CAP_SYS_ADMIN", self.one_line(1, *who, "watch"))
            return
        done = run(*who, "watch", "-j", "--", "true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("[btrfs_buffered_write: no CAP_SYS_ADMIN to look into modules]", done.stderr)
        for lost in ("no CAP_SYS_PTRACE", "no CAP_SYSLOG", "neither CAP_SYSLOG nor CAP_SYS_RAWIO"):
            self.assertIn(lost, done.stderr)

    def test_root_is_told_of_no_loss(self) -> None:
        self.assertNotIn("CAP_", self.pageflight(0, "watch", "-j", "--", "true").stderr)

    def test_pid_namespace(self) -> None:
        """Its own process numbers are not those of the kernel side."""
        for command in ("watch", "probe", "demo"):
            with self.subTest(command=command):
                said = self.one_line(1, "unshare", "-pf", "--mount-proc", BIN, command)
                self.assertIn("pid namespace", said)

    def test_too_few_descriptors(self) -> None:
        said = self.one_line(1, "prlimit", "--nofile=64", BIN, "watch")
        self.assertIn("too few file descriptors", said)

    def test_descriptors_for_modules(self) -> None:
        """libbpf may have the types of all loaded modules open at once."""
        least = 256 + len(os.listdir("/sys/kernel/btf")) - 1
        said = self.one_line(1, "prlimit", f"--nofile={least - 1}", BIN, "watch")
        self.assertIn(f"at least {least} are needed", said)
        self.assertEqual(run("prlimit", f"--nofile={least}", BIN, "watch", "-j", "--",
                             "true").returncode, 0)

    def test_too_little_memory(self) -> None:
        """It is not called a lack of type information. There is just enough for the libraries."""
        least = next(mb for mb in range(8, 100) if not run(
            "prlimit", f"--as={mb}000000", BIN, "--version").returncode)
        said = self.one_line(1, "prlimit", f"--as={least}000000", BIN, "watch")
        self.assertNotIn("CONFIG_DEBUG_INFO_BTF", said)
        self.assertIn("memory", said)

    def test_two_at_once(self) -> None:
        """Two of them do not disturb each other."""
        one, two = Watch(), Watch()
        run(*RACE, "5")
        found = [len(watch.collect()) for watch in (one, two)]
        one.stop()
        two.stop()
        self.assertEqual(found, [5, 6])  # the second also sees the mark of the first

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A session ends on time, whatever the kernel side reports meanwhile and whoever reads."""
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from guest import BIN, DEADLINE, PAGE, Flow, make_file, send_file, until

STORM = "/tmp/pf-storm"
SOON = DEADLINE / 3  # seconds, on the busiest machine; a storm lasts three times as long


class Session:
    """A running watch -j whose standard output is given."""

    def __init__(self, out: int, *args: str):
        reading, writing = os.pipe()
        self.err = tempfile.TemporaryFile()
        self.proc = subprocess.Popen([BIN, "watch", "-j", "--ready-fd", str(writing), *args],
                                     pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=self.err)
        os.close(writing)
        assert os.read(reading, 1) == b"\n", self.said()
        os.close(reading)

    def said(self) -> str:
        self.err.seek(0)
        return self.err.read().decode()

    def end(self, deadline: float = DEADLINE) -> float:
        """How long it took."""
        began = time.monotonic()
        self.proc.wait(deadline)
        return time.monotonic() - began


@contextlib.contextmanager
def storm():
    """Writes to a page in flight, as fast as they can, until the block is left."""
    make_file(STORM, PAGE)
    flow = Flow()
    send_file(flow.tx, STORM, 0, PAGE)
    pid = os.fork()
    if not pid:
        fd = os.open(STORM, os.O_RDWR)
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            os.pwrite(fd, b"\0", 1)
        os._exit(0)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        flow.close()
        os.unlink(STORM)


@contextlib.contextmanager
def held_hooks():
    """Three writers with hardly any processor time: when it is used up, one is inside of a hooked
    function, and the kernel waits for it before it takes the hook down."""
    group = "/sys/fs/cgroup/pf-held"
    with open("/sys/fs/cgroup/cgroup.subtree_control", "w", encoding="ascii") as file:
        file.write("+cpu")
    os.makedirs(group, exist_ok=True)
    with open(f"{group}/cpu.max", "w", encoding="ascii") as file:
        file.write("2000 1000000")
    pids = []
    for number in range(3):
        fd = os.open(f"/tmp/pf-held-{number}", os.O_RDWR | os.O_CREAT)
        pid = os.fork()
        if not pid:
            with open(f"{group}/cgroup.procs", "w", encoding="ascii") as file:
                file.write("0")
            while True:
                os.pwrite(fd, bytes(100000), 0)
        os.close(fd)
        pids.append(pid)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for number, pid in enumerate(pids):
            os.waitpid(pid, 0)
            os.unlink(f"/tmp/pf-held-{number}")
        os.rmdir(group)


def detaching() -> bool:
    """Does a process still take down hooks?"""
    for comm in Path("/proc").glob("[1-9]*/comm"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if comm.read_bytes() == b"pageflight-end\n":
                return True
    return False


class Ends(unittest.TestCase):
    def summary(self, out) -> dict:
        """Whole, last, and right: each incident was printed or counted as not printed."""
        out.seek(0)
        *incidents, summary = [json.loads(line) for line in out]
        self.assertEqual(summary["type"], "summary")
        self.assertGreater(len(incidents), 0)
        self.assertEqual(sum(summary["incidents"].values()),
                         len(incidents) + summary["losses"]["output_lost"])
        return summary

    def stopped_in_storm(self, signo: int) -> None:
        with tempfile.TemporaryFile() as out:
            session = Session(out.fileno())
            with storm():
                time.sleep(5)  # a storm that lasts
                session.proc.send_signal(signo)
                took = session.end()
            self.assertEqual(session.proc.returncode, 0, session.said())
            self.assertLess(took, SOON)
            self.summary(out)

    def test_storm_sigint(self) -> None:
        self.stopped_in_storm(signal.SIGINT)

    def test_storm_sighup(self) -> None:
        self.stopped_in_storm(signal.SIGHUP)

    def test_storm_duration(self) -> None:
        with tempfile.TemporaryFile() as out:
            session = Session(out.fileno(), "--duration", "3")
            with storm():
                took = session.end()
            self.assertEqual(session.proc.returncode, 0, session.said())
            self.assertLess(took, 3 + 2 + SOON)  # what waits has two seconds to settle
            self.summary(out)

    def test_second_signal(self) -> None:
        """It ends a session whose hooks the kernel cannot take down yet. They are later."""
        with tempfile.TemporaryFile() as out:
            session = Session(out.fileno())
            with held_hooks():
                time.sleep(4)  # their time is used up
                session.proc.send_signal(signal.SIGINT)
                until(lambda: os.fstat(out.fileno()).st_size > 0, "summary")
                time.sleep(1)
                held = session.proc.poll() is None
                session.proc.send_signal(signal.SIGINT)
                took = session.end()
            self.assertEqual(session.proc.returncode, 0, session.said())
            self.assertLess(took, SOON / 4)
            until(lambda: not detaching(), "hooks taken down")
        if not held:
            self.skipTest("nothing held a hook")

    def full_pipe(self, *args: str, signo: int = 0) -> float:
        """Nobody reads. Returns how long the end took."""
        reading, writing = os.pipe()
        session = Session(writing, *args)
        os.close(writing)
        with storm():
            if signo:
                time.sleep(3)
                session.proc.send_signal(signo)
            took = session.end()
        self.assertEqual(session.proc.returncode, 1, session.said())
        self.assertIn("not read in time", session.said())
        os.close(reading)
        return took

    def test_full_pipe_duration(self) -> None:
        self.assertLess(self.full_pipe("--duration", "3"), 3 + 2 + SOON)

    def test_full_pipe_sigint(self) -> None:
        self.assertLess(self.full_pipe(signo=signal.SIGINT), SOON)

    def test_full_pipe_command(self) -> None:
        self.assertLess(self.full_pipe("--", "sleep", "3"), 3 + 2 + SOON)

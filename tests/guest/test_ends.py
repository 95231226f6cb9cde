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

from guest import BIN, DEADLINE, PAGE, Flow, make_file, send_file

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

    def end(self) -> float:
        """How long it took."""
        began = time.monotonic()
        self.proc.wait(DEADLINE)
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

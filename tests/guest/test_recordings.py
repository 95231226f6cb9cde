# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Other outputs of a session, and what a recording of it says later."""
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
from datetime import datetime

from case import Watch
from guest import BIN, DEADLINE, sh
from test_commands import NOBODY, RACE, run


class Recordings(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.dir = tempfile.mkdtemp(prefix="pf-recordings-")
        os.chmod(self.dir, 0o755)
        self.pf = f"{self.dir}/run.pf"

    def tearDown(self) -> None:
        sh(f"rm -rf {self.dir}")

    def pageflight(self, status: int, *args: str) -> subprocess.CompletedProcess:
        done = run(BIN, *args)
        self.assertEqual(done.returncode, status, f"{args}\n{done.stdout}\n{done.stderr}")
        return done

    def test_replay_is_what_was_printed(self) -> None:
        """Beside a watch: standard output, --output and the replay have the same bytes, with the
        names of processes and files that are gone by then."""
        lines = f"{self.dir}/lines"
        done = self.pageflight(0, "watch", "-j", "--record", self.pf, "--output", lines, "--comm",
                               "python3", "--", *RACE, "7")
        with open(lines, encoding="utf-8") as out:
            self.assertEqual(out.read(), done.stdout)
        *incidents, summary = map(json.loads, done.stdout.splitlines())
        self.assertEqual(len(incidents), 7)
        self.assertFalse(os.path.exists(incidents[0]["file"]["path"]))
        self.assertEqual(summary["filters"], {"comm": ["python3"]})
        again = run(*NOBODY, BIN, "report", "-j", self.pf)
        self.assertEqual(again.returncode, 1)  # it is its owner's alone
        again = self.pageflight(0, "report", "-j", self.pf)
        self.assertEqual(again.stdout, done.stdout)
        self.assertEqual(again.stderr, "")

    def test_clock_is_set(self) -> None:
        """An incident has one offset between the clocks for all of its moments, that of when it was
        told. The recording has each offset that there was, and the replay is as the session was."""
        watch = Watch("--record", self.pf)
        run(*RACE, "1")
        found = watch.collect()
        time.clock_settime(time.CLOCK_REALTIME, time.time() + 3600)
        try:
            run(*RACE, "1")
            found += watch.collect()
            watch.stop()
        finally:
            time.clock_settime(time.CLOCK_REALTIME, time.time() - 3600)
        self.assertEqual(len(found), 2, found)
        for incident in found:
            times = incident["times"]
            self.assertEqual(times["write_complete"], incident["time"])
            self.assertEqual(times["end"], "read")
            order = [times[key] for key in ("attached_first", "attached_last", "write_began",
                                            "write_complete", "ended")]
            self.assertEqual(order, sorted(order))
        first, second = (datetime.fromisoformat(incident["time"]) for incident in found)
        self.assertGreaterEqual((second - first).total_seconds(), 3600)
        offsets = sqlite3.connect(self.pf).execute("SELECT (wall - mono) / 1e9 FROM clock ORDER BY mono")
        first, *_, last = (offset for (offset,) in offsets)
        self.assertAlmostEqual(last - first, 3600, delta=1)
        lines = self.pageflight(0, "report", "-j", self.pf).stdout.splitlines()
        again = {incident["op"]: incident for incident in map(json.loads, lines[:-1])}
        self.assertEqual([again[incident["op"]] for incident in found], found)

    def test_record(self) -> None:
        """A command that is recorded: its status, a summary, and the tables."""
        done = self.pageflight(3, "record", "-o", self.pf, "--fail-on", "corrupt", "--", *RACE, "3")
        self.assertRegex(done.stdout, r"(?m)^incidents  3 corrupt")
        self.assertNotIn("VERDICT", done.stdout)
        base = sqlite3.connect(self.pf)
        self.assertEqual(base.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        self.assertEqual(base.execute("SELECT count(*), sum(bytes) FROM incident").fetchone(), (3, 3))
        about = dict(base.execute("SELECT key, value FROM about"))
        self.assertEqual(about["kernel"], os.uname().release)
        attached = base.execute("SELECT count(*) FROM hook WHERE state = 'attached'").fetchone()[0]
        self.assertGreater(attached, 10)
        self.assertIn("is there already", self.pageflight(1, "record", "-o", self.pf).stderr)
        self.assertIn("-o", self.pageflight(2, "record").stderr)

    def test_killed(self) -> None:
        """What was committed by then is there."""
        reading, writing = os.pipe()
        record = subprocess.Popen([BIN, "record", "-o", self.pf, "--ready-fd", str(writing)],
                                  pass_fds=[writing], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.close(writing)
        self.assertEqual(os.read(reading, 1), b"\n")
        os.close(reading)
        run(*RACE, "5")
        base = sqlite3.connect(f"file:{self.pf}?mode=ro", uri=True, timeout=DEADLINE)
        while base.execute("SELECT count(*) FROM incident").fetchone()[0] < 5:
            pass
        base.close()
        record.send_signal(signal.SIGKILL)
        record.communicate(timeout=DEADLINE)  # the writer has standard error as well
        done = self.pageflight(0, "report", "-j", self.pf)
        self.assertEqual([json.loads(line)["type"] for line in done.stdout.splitlines()],
                         ["incident"] * 5)
        self.assertIn("did not come to its end", done.stderr)

    def test_full_disk(self) -> None:
        """One line, and the session that is for the recording alone ends."""
        sh(f"mount -t tmpfs -o size=64k small {self.dir}")
        try:
            done = self.pageflight(1, "record", "-o", self.pf, "--", *RACE, "5")
        finally:
            sh(f"umount {self.dir}")
        self.assertEqual(done.stderr.count("database or disk is full"), 1, done.stderr)

    def test_without_a_log(self) -> None:
        """Where memory cannot be mapped shared there is no write-ahead log, which is said."""
        os.makedirs(f"{self.dir}/there")
        os.makedirs(f"{self.dir}/below")
        sh(f"bindfs -o direct_io {self.dir}/below {self.dir}/there")
        try:
            pf = f"{self.dir}/there/run.pf"
            done = self.pageflight(0, "record", "-o", pf, "--", *RACE, "5")
            self.assertIn("cannot have a write-ahead log", done.stderr)
            lines = self.pageflight(0, "report", "-j", pf).stdout.splitlines()
            self.assertEqual(len(lines), 6)
        finally:
            sh(f"umount {self.dir}/there")

    def test_read_only(self) -> None:
        """A recording can be read where nothing can be written."""
        self.pageflight(0, "record", "-o", self.pf, "--", *RACE, "2")
        sh(f"mount --bind {self.dir} {self.dir} && mount -o remount,ro,bind {self.dir}")
        try:
            self.assertEqual(len(self.pageflight(0, "report", "-j", self.pf).stdout.splitlines()), 3)
            done = self.pageflight(1, "record", "-o", f"{self.dir}/other.pf")
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn("Read-only file system", done.stderr)
        finally:
            sh(f"umount {self.dir}")

    def test_exec(self) -> None:
        """A command for each, which has what we have; it is not stopped by the end."""
        got = f"{self.dir}/got"
        self.pageflight(0, "watch", "--exec", f"cat >> {got}", "--", *RACE, "3")
        with open(got, encoding="utf-8") as lines:
            incidents = [json.loads(line) for line in lines]
        self.assertEqual([i["file"]["offset"] for i in incidents], [0, 1, 2])
        # The table has no stacks, and the others have them all the same.
        self.assertIn("vfs_write", " ".join(incidents[0]["writer"]["stack"]))

    def test_not_ours(self) -> None:
        for path in ("/etc/passwd", "/nonexistent", "/tmp", "/dev/null"):
            done = self.pageflight(1, "report", path)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(path, done.stderr)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sessions of pageflight beside the load: one that lasts, and others that are started and ended."""
import collections
import json
import os
import random
import signal
import subprocess
import threading
import time

from load import nap
from guest import BIN, DEADLINE, START
from test_ends import Session

LARGE_RING = ("--ring-size", "64M")  # on which nobody reaches a share
SMALL_RING = ("--ring-size", "256K")
MODES = (("--content", "off"), ("--content", "edges"), ("--content", "wire"),
         ("--path", "/mnt/ext4"), ("--sample", "1/4"), SMALL_RING)
INCIDENT = b'{"type":"incident"'
SUMMARY = 1 << 16  # more than it has bytes


class Watched:
    """A session whose output is read at once. Its incidents are counted, and the end is kept."""

    def __init__(self, *args: str):
        self.incidents = 0
        self._tail = b""
        reading, writing = os.pipe()
        self.session = Session(writing, *args)
        os.close(writing)
        self.pid = self.session.proc.pid
        self._reader = threading.Thread(target=self._read, args=(reading,))
        self._reader.start()

    def _read(self, reading: int) -> None:
        begun = b""
        while part := os.read(reading, 1 << 16):
            *lines, begun = (begun + part).split(b"\n")
            self.incidents += sum(line.startswith(INCIDENT) for line in lines)
            self._tail = (self._tail + part)[-SUMMARY:]
        os.close(reading)

    def rss(self) -> int:
        """KiB of its own: the ring buffer belongs to the kernel side."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))

    def processor(self) -> float:
        """Seconds."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def share_of_processor(self) -> float:
        """Of the next two seconds."""
        began, used = time.monotonic(), self.processor()
        time.sleep(2)
        return (self.processor() - used) / (time.monotonic() - began)

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def end(self, signo: int) -> dict | None:
        """Returns the summary; None after SIGKILL, which allows none."""
        self.session.proc.send_signal(signo)
        # The kernel takes a hook down when each task that may be in it has run, and here many wait to.
        self.session.end(START)
        self._reader.join()
        status = self.session.proc.returncode
        if signo == signal.SIGKILL:
            assert status == -signo, status
            return None
        assert status == 0, f"exit status {status}: {self.session.said()}"
        summary = json.loads(self._tail.splitlines()[-1])
        assert summary["type"] == "summary", summary
        counted = sum(summary["incidents"].values())
        lost = summary["losses"]["output_lost"]  # lines of any kind
        assert self.incidents <= counted <= self.incidents + lost, \
            f"{counted} incidents, {self.incidents} of them shown, {lost} lines lost"
        return summary


class Turns(threading.Thread):
    """Sessions that are started, and interrupted or killed, in turns until stop()."""

    def __init__(self) -> None:
        super().__init__()
        self.starts = 0
        self.kills: collections.Counter[str] = collections.Counter()
        # Of the sessions with each of MODES:
        self.losses: dict[str, collections.Counter[str]] = {}
        self.missed_by: dict[str, collections.Counter[str]] = {}
        self.failure: BaseException | None = None
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            while not self._stopped.is_set():
                self.starts += 1
                if random.randrange(4):
                    self._turn()
                else:
                    self._kill_at_start()
        except BaseException as failure:  # pylint: disable=broad-exception-caught
            self.failure = failure

    def _turn(self) -> None:
        args = random.choice(MODES)
        watched = Watched(*args, *(LARGE_RING if args != SMALL_RING else ()))
        nap(8)
        signo = random.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL))
        summary = watched.end(signo)
        self.kills[signo.name] += 1
        if summary:
            for sums, name in ((self.losses, "losses"), (self.missed_by, "missed_by")):
                sums.setdefault(" ".join(args), collections.Counter()).update(summary[name])

    def _kill_at_start(self) -> None:
        with subprocess.Popen([BIN, "watch", "-j"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as proc:
            nap(6)
            proc.kill()
            proc.wait(DEADLINE)
        self.kills["at start"] += 1

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        if self.failure:
            raise self.failure

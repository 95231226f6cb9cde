# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the scenario tests share.

A scenario puts a file of known bytes in flight to a reader on this host that
does not read, lets somebody do something to the file, and compares two
independent accounts of it: the incidents of a running `pageflight watch -j`,
and the bytes that the reader then gets.

Nothing waits for a time to pass. Watch.collect() makes an incident of its own
and reads up to it: whatever was to be reported before has been by then.
"""
import contextlib
import json
import os
import re
import select
import subprocess
import tempfile
import unittest
from collections.abc import Callable, Container
from concurrent.futures import ThreadPoolExecutor

import smb
from guest import (BIN, DEADLINE, MOUNTS, PAGE, Did, Flow, Ranges, changed, file_ranges, make_file,
                   merged, run_as, send_file)

HEADER = b"HTTP/1.0 200 OK\r\n\r\n" * 40


class Scene:
    """A file, or a range of one, in flight on a connection whose reader does not read."""

    def __init__(self, path: str, size: int = 16 * PAGE, offset: int = 0, length: int = 0,
                 data: bytes | None = None, send: Callable = send_file, **flow: object):
        self.path = path
        self.data = make_file(path, size) if data is None else data
        self.inode = os.stat(path).st_ino
        self.offset = offset
        self.length = length or len(self.data) - offset
        self.flow = Flow(**flow)
        self.flow.tx.sendall(HEADER)
        self.sender = run_as("pf-sender", send, self.flow.tx, path, offset, self.length)

    def read(self) -> Ranges:
        """Let the reader read everything. Returns where in the file it got other bytes."""
        assert self.flow.read(len(HEADER)) == HEADER
        sent = self.data[self.offset:self.offset + self.length]
        got = self.flow.read(self.length)
        return [(off + self.offset, length) for off, length in changed(sent, got)]

    def close(self, unlink: bool = True) -> None:
        self.flow.close()
        if unlink:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)


class Watch:
    """A running `pageflight watch -j`."""

    number = 0

    def __init__(self, *args: str, who: tuple[str, ...] = ()):
        """who: a command that runs it as somebody."""
        Watch.number += 1
        self.mark = f"/tmp/pf-mark-{Watch.number}"
        self.lines: list[bytes] = []
        self.rest = b""
        self.seen = 0
        self.marks = 0
        self.err = tempfile.TemporaryFile()
        reading, writing = os.pipe()
        self.proc = subprocess.Popen(
            [*who, BIN, "watch", "-j", "--ready-fd", str(writing), *args], pass_fds=[writing],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.err)
        os.close(writing)
        ready = os.read(reading, 1)
        os.close(reading)
        if not ready:
            self.proc.wait()
            raise AssertionError(f"watch did not get ready: {self.stderr()}")
        self.mark_file = os.open(self.mark, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.write(self.mark_file, bytes(PAGE))

    def stderr(self) -> str:
        self.err.seek(0)
        return self.err.read().decode()

    def _line(self) -> bytes:
        """The next line of its output; empty at the end."""
        while not self.lines:
            ready, _, _ = select.select([self.proc.stdout], [], [], DEADLINE)
            if not ready:
                raise AssertionError(f"watch says nothing more: {self.stderr()}")
            part = os.read(self.proc.stdout.fileno(), 1 << 16)
            if not part:
                return b""
            *self.lines, self.rest = (self.rest + part).split(b"\n")
        return self.lines.pop(0)

    def record(self) -> dict | None:
        """The next record, whatever it is; None at the end."""
        line = self._line()
        return json.loads(line) if line else None

    def collect(self) -> list[dict]:
        """Incidents since the last call."""
        place = self._next_place()
        self._hit(place)
        return self._up_to(place)

    def collect_during(self, act: Callable) -> list[dict]:
        """The same, and what comes while something happens that reports more than a pipe holds."""
        place = self._next_place()
        with ThreadPoolExecutor(1) as reader:
            found = reader.submit(self._up_to, place)
            act()
            self._hit(place)
            return found.result()

    def _next_place(self) -> int:
        self.marks += 1
        return self.marks % PAGE

    def _hit(self, place: int) -> None:
        flow = Flow()
        os.sendfile(flow.tx.fileno(), self.mark_file, place, 1)
        os.pwrite(self.mark_file, b"x", place)
        flow.read(1)  # with fingerprints it is reported when it is over
        flow.close()

    def _up_to(self, place: int) -> list[dict]:
        found = []
        while True:
            record = self.record()
            assert record, f"watch ended: {self.stderr()}"
            if record["type"] == "exposure":  # of files that the test has open
                continue
            assert record["type"] == "incident", record
            self.seen += 1
            file = record["file"] or {"path": None}
            if file["path"] == self.mark and file["offset"] == place:
                break
            found.append(record)
        return found

    def stop(self) -> dict:
        """End it as Ctrl-C does. Returns its summary."""
        self.proc.send_signal(2)
        last = None
        while (record := self.record()) is not None:
            self.seen += record["type"] == "incident"
            last = record
        status = self.proc.wait()
        self.proc.stdout.close()
        os.close(self.mark_file)
        assert status == 0, f"exit status {status}: {self.stderr()}"
        assert last and last["type"] == "summary", f"no summary: {self.stderr()}"
        return last


class AnyOf:
    """An expected value that equals each of several."""

    def __init__(self, values: Container):
        self.values = values

    def __eq__(self, other: object) -> bool:
        return other in self.values

    def __repr__(self) -> str:
        return f"any of {self.values}"


def same_keys(record: object, like: object) -> object:
    """The fields of a record whose keys another one has, at each depth."""
    if not isinstance(record, dict) or not isinstance(like, dict):
        return record
    return {key: same_keys(record.get(key, "missing"), like[key]) for key in like}


_watch: Watch | None = None


def watch() -> Watch:
    """The watch that all scenarios share, since it takes seconds to start one in a test machine. It
    waits for acknowledgements as long as that takes: on a slow machine the verdict must be the
    same. It works by hooks alone: fingerprints have scenarios of their own."""
    global _watch  # pylint: disable=global-statement
    if _watch is None:
        _watch = Watch("--settle", "600", "--content", "off")
    return _watch


def stop_watch() -> tuple[dict, int] | None:
    """End the shared watch. Returns its summary, and how many incidents it printed."""
    global _watch  # pylint: disable=global-statement
    if _watch is None:
        return None
    ended, _watch = _watch, None
    return ended.stop(), ended.seen


class Case(unittest.TestCase):
    """A scenario with the shared watch."""

    maxDiff = None

    def setUp(self) -> None:
        self.watch = watch()
        self.watch.collect()  # what a failed scenario may have left

    def fs(self, name: str) -> str:
        """Where a file system is mounted. Skips the test if this kernel does not have it."""
        where = f"{MOUNTS}/{name}"
        if name == "cifs" and not os.path.ismount(where):
            smb.mount(where)
        with open("/proc/filesystems", encoding="ascii") as known:
            if not re.search(rf"\b{name}$", known.read(), re.M):
                self.skipTest(f"file system {name}")
        self.assertTrue(os.path.ismount(where), f"{where} is not mounted")
        return where

    def scene(self, path: str, **args: object) -> Scene:
        scene = Scene(path, **args)
        self.addCleanup(scene.close)
        return scene

    def incident(self) -> dict:
        """The only incident since the last collect()."""
        found = self.watch.collect()
        self.assertEqual(len(found), 1, found)
        return found[0]

    def expect(self, incident: dict, fields: dict, ranges: Ranges | None = None) -> None:
        """Compare these fields of an incident, and its ranges in the file, at once: a failure shows
        every difference."""
        shown = same_keys(incident, fields)
        if ranges is not None:
            shown["ranges"], fields = merged(file_ranges(incident)), fields | {"ranges": ranges}
        self.assertEqual(shown, fields, f"in {incident}")

    def check(self, incident: dict, scene: Scene, writer: Did, ranges: Ranges, *,
              how: str = "write", verdict: str = "corrupt", path: str | None = None,
              sender_how: str = "sendfile") -> None:
        """Compare all of an incident with what it has to be."""
        first = ranges[0][0]
        spread = ranges[-1][0] + ranges[-1][1] - first
        # A slow machine can retransmit. Then the socket has counted that, too.
        resends = scene.flow.resends() if incident["resends"] else 0
        self.expect(incident, {
            "verdict": verdict,
            "bytes": sum(length for _, length in ranges),
            "phase": AnyOf(("queued", "sent", "held")),
            "resends": AnyOf(range(resends + 1)),
            "evidence_lost": False,
            "writer": {"pid": writer.pid, "tid": writer.tid, "comm": writer.comm, "how": how},
            "sender": {"pid": scene.sender.pid, "comm": scene.sender.comm, "how": sender_how},
            "connection": {"src": scene.flow.src, "dst": scene.flow.dst, "local": True,
                           "netns": os.stat("/proc/self/ns/net").st_ino},
            "file": {"path": path or scene.path, "inode": scene.inode, "offset": first,
                     "length": spread},
            "stream": {"offset": len(HEADER) + first - scene.offset, "length": spread},
        }, ranges)


class OwnWatch(Case):
    """Scenarios with a watch of their own, in the mode `content`."""

    content = "edges"
    args: tuple[str, ...] = ()
    own: Watch

    @classmethod
    def setUpClass(cls) -> None:
        cls.own = Watch("--settle", "600", "--content", cls.content, *cls.args)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.own.stop()

    def setUp(self) -> None:
        self.watch = self.own
        self.watch.collect()

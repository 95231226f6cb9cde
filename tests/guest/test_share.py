# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What one user can take from others: time of who writes, places in the index, the ring buffer.

An ordinary user who may read a file puts one page of it into his sockets thousands of times. Others
send the same page too. What is overwritten on their connections is reported as ever.
"""
import mmap
import os
import socket
from collections.abc import Callable, Iterable

from case import Case, Watch
from guest import PAGE, Flow, do_write, invert, make_file, run_as, start_as

HOSTILE, HONEST = 1000, 1001
PIECES = 4000
PIECE = 64
PER_USER = 64  # --max-per-user
WRITES = 20

SERVED = 200  # sockets of an ordinary server with one file
MAPPED = 32  # of 16 pages each
SMALL = 8000
QUEUE_LOOKS = 256
TCP_INFO_SEGMENTS = 136  # offset of tcpi_segs_out
CONNS = 64  # --max-conns
CONNS_OF_ONE = 56  # seven times as many as are left

Send = Callable[[int], list[socket.socket]]


def send_small(sock: socket.socket, path: str) -> int:
    """Send the first byte of a file as often as the socket takes it."""
    sent = 0
    with open(path, "rb") as file:
        try:
            while sent < SMALL:
                sent += os.sendfile(sock.fileno(), file.fileno(), 0, 1)
        except BlockingIOError:
            pass
    return sent


def store(path: str, off: int, data: bytes) -> None:
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mem:
        mem[off:off + len(data)] = data


def become(uid: int) -> None:
    os.setgid(uid)
    os.setuid(uid)


def connect() -> list[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tx = socket.create_connection(listener.getsockname())
        tx.setblocking(False)
        return [tx, listener.accept()[0]]


def send_pieces(fd: int) -> list[socket.socket]:
    """Fill sockets with pieces of the first page. Returns their ends."""
    ends: list[socket.socket] = []
    sent = 0
    while sent < PIECES:
        ends += connect()
        try:
            while sent < PIECES:
                os.sendfile(ends[-2].fileno(), fd, sent % PIECE, PIECE)
                sent += 1
        except BlockingIOError:
            pass
    return ends


def send_one_each(fd: int) -> list[socket.socket]:
    """Put a piece of the first page into each of many sockets. Returns their ends."""
    ends: list[socket.socket] = []
    for _ in range(CONNS):
        ends += connect()
        assert os.sendfile(ends[-2].fileno(), fd, 0, PIECE) == PIECE
    return ends


def crowd(path: str, uid: int, ready: int, leave: int, send: Send) -> int:
    """Have pages in flight until told to leave. Returns the number of sockets."""
    become(uid)
    with open(path, "rb") as file:
        ends = send(file.fileno())
    os.write(ready, b"x")
    os.read(leave, 1)
    return len(ends) // 2


class Crowd:
    """The sockets of a hostile user, or of root."""

    def __init__(self, path: str, uid: int = HOSTILE, send: Send = send_pieces):
        ready, said = os.pipe()
        told, self.leave = os.pipe()
        self.process = start_as("pf-hostile", crowd, path, uid, said, told, send)
        os.close(said)
        assert os.read(ready, 1) == b"x", self.process.result().value
        os.close(ready)
        os.close(told)

    def end(self) -> None:
        os.write(self.leave, b"x")
        os.close(self.leave)
        assert self.process.result().value > 0


class Share(Case):
    """With a watch of its own for each test."""

    def setUp(self) -> None:
        pass

    def own_watch(self, *args: str) -> None:
        self.watch = Watch(*args)
        self.addCleanup(self.watch.proc.kill)

    def stop_sure(self, incidents: Iterable[dict]) -> dict:
        """The summary of the watch. The evidence of these is whole, unless the kernel skipped
        programs: then it need not be."""
        summary = self.watch.stop()
        if not summary["losses"]["missed"]:
            self.assertEqual([i for i in incidents if i["evidence_lost"]], [])
        return summary

    def crowded(self, mode: str) -> None:
        self.own_watch("--settle", "600", "--content", mode, "--max-per-user", str(PER_USER))
        path = "/tmp/share"
        first = self.scene(path, size=4 * PAGE, length=PAGE)
        os.chmod(path, 0o644)
        crowds = [Crowd(path)]
        honest = [self.scene(path, data=first.data, length=PAGE, uid=HONEST),
                  self.scene(path, data=first.data, offset=2 * PAGE, length=PAGE, uid=HONEST)]
        crowds.append(Crowd(path))
        for i in range(WRITES):
            at = PIECE - WRITES + i
            for off in (at, 2 * PAGE + at):
                run_as("pf-writer", do_write, path, off, invert(first.data[off:off + 1]))
        scenes = [first, *honest]
        wrong = [scene.read() for scene in scenes]
        self.assertEqual(wrong[0], [(PIECE - WRITES, WRITES)])
        self.assertEqual(wrong[1], wrong[0])
        self.assertEqual(wrong[2], [(2 * PAGE + PIECE - WRITES, WRITES)])
        for each in crowds:
            each.end()
        found = self.watch.collect()
        for scene in scenes:
            mine = [i for i in found if i["connection"]["src"] == scene.flow.src]
            self.assertEqual(len(mine), WRITES)
            for incident in mine:
                self.expect(incident, {"verdict": "corrupt", "reason": "unread", "bytes": 1,
                                       "writer": {"comm": "pf-writer"}, "file": {"path": path}})
        summary = self.stop_sure(i for i in found if i["sender"]["comm"] != "pf-hostile")
        self.assertIn(f"their user has its share of them (user {HOSTILE})", self.watch.stderr())
        losses, counters = summary["losses"], summary["counters"]
        self.assertEqual(summary["in_flight"], 0)
        self.assertEqual(counters["attached"], counters["released"] + counters["aborted"])
        self.assertEqual(counters["writes"], 2 * WRITES + 1)  # one is of collect()
        # The first write meets what both crowds have of the chain, and is told of no more than this.
        self.assertGreaterEqual(losses.pop("user_index"), 2 * PIECES - 2 * PER_USER)
        self.assertEqual({name: n for name, n in losses.items() if n and name != "missed"}, {})
        hostile = [i for i in found if i["sender"]["comm"] == "pf-hostile"]
        self.assertTrue(hostile)
        self.assertLess(counters["hits"], 2 * PIECES)

    def test_crowded_off(self) -> None:
        self.crowded("off")

    def test_crowded_edges(self) -> None:
        self.crowded("edges")

    def test_root(self) -> None:
        """Root has no share: a write is told of all that root has in its way."""
        self.own_watch("--settle", "600", "--content", "off", "--max-per-user", str(PER_USER))
        path = "/tmp/root"
        first = self.scene(path, size=PAGE, length=PAGE)
        mine = Crowd(path, uid=0)
        run_as("pf-writer", do_write, path, PIECE - 1, invert(first.data[PIECE - 1:PIECE]))
        self.assertEqual(first.read(), [(PIECE - 1, 1)])
        mine.end()
        self.watch.collect()
        summary = self.watch.stop()
        self.assertGreaterEqual(summary["counters"]["hits"], PIECES + 1)
        losses = summary["losses"]
        self.assertEqual({name: n for name, n in losses.items() if n and name != "missed"}, {})

    def test_connections(self) -> None:
        """A user has a share of the connections, and each page that is not followed counts once."""
        self.own_watch("--settle", "600", "--content", "off", "--max-conns", str(CONNS))
        path = "/tmp/conns"
        data = make_file(path, PAGE)
        os.chmod(path, 0o644)
        hostile = Crowd(path, send=send_one_each)
        honest = self.scene(path, data=data, uid=HONEST)
        run_as("pf-writer", do_write, path, PIECE, invert(data[PIECE:PIECE + 1]))
        self.assertEqual(honest.read(), [(PIECE, 1)])
        found = self.watch.collect()
        mine = [i for i in found if i["connection"]["src"] == honest.flow.src]
        self.assertEqual(len(mine), 1)
        self.expect(mine[0], {"verdict": "corrupt", "reason": "unread", "bytes": 1,
                              "writer": {"comm": "pf-writer"}, "file": {"path": path}})
        hostile.end()
        summary = self.stop_sure(mine)
        self.assertEqual(summary["losses"]["user_room"], CONNS - CONNS_OF_ONE)
        self.assertEqual(summary["in_flight"], 0)
        self.assertIn(f"their user has its share of the room (user {HOSTILE})", self.watch.stderr())

    def served(self, mode: str) -> None:
        self.own_watch("--settle", "600", "--content", mode)
        path = "/tmp/served"
        scenes = [self.scene(path, size=2 * PAGE, uid=HONEST)]
        for _ in range(SERVED - 1):
            scenes.append(self.scene(path, data=scenes[0].data, uid=HONEST))
        for at in (5, PAGE + 5):
            run_as("pf-writer", do_write, path, at, invert(scenes[0].data[at:at + 1]))
        for scene in scenes:
            self.assertEqual(scene.read(), [(5, 1), (PAGE + 5, 1)])
        found = self.watch.collect()
        self.assertEqual(len(found), 2 * SERVED)
        for incident in found:
            self.expect(incident, {"verdict": "corrupt", "reason": "unread", "bytes": 1,
                                   "writer": {"comm": "pf-writer"}, "file": {"path": path}})
        losses = self.stop_sure(found)["losses"]
        self.assertEqual({name: n for name, n in losses.items() if n and name != "missed"}, {})

    def test_served_off(self) -> None:
        """A server whose workers are one user sends one file to many at the same time."""
        self.served("off")

    def test_served_edges(self) -> None:
        self.served("edges")

    def test_mapped(self) -> None:
        """The file of an ordinary server comes to be mapped with many of its pages in flight."""
        self.own_watch("--settle", "600", "--content", "edges")
        path = "/tmp/mapped"
        scenes = [self.scene(path, uid=HONEST)]
        for _ in range(MAPPED - 1):
            scenes.append(self.scene(path, data=scenes[0].data, uid=HONEST))
        run_as("pf-writer", store, path, 5, invert(scenes[0].data[5:6]))
        for scene in scenes:
            self.assertEqual(scene.read(), [(5, 1)])
        found = self.watch.collect()
        self.assertEqual(sorted(i["connection"]["src"] for i in found),
                         sorted(scene.flow.src for scene in scenes))
        losses = self.stop_sure(found)["losses"]
        self.assertEqual({name: n for name, n in losses.items() if n and name != "missed"}, {})

    def test_small_pieces(self) -> None:
        """A reader's queue that is full of small pieces is not looked at as a whole for each packet
        that comes."""
        self.own_watch("--content", "edges")
        path = "/tmp/small"
        make_file(path, PAGE)
        flow = Flow()
        flow.tx.setblocking(False)
        sent = run_as("pf-sender", send_small, flow.tx, path).value
        self.assertGreater(sent, SMALL / 2)
        self.assertEqual(len(flow.read(sent)), sent)
        info = flow.tx.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SEGMENTS + 4)
        segments = int.from_bytes(info[TCP_INFO_SEGMENTS:], "little")
        flow.close()
        os.unlink(path)
        summary = self.watch.stop()
        self.assertEqual(summary["counters"]["attached"], sent)
        losses = {name: n for name, n in summary["losses"].items() if n and name != "missed"}
        self.assertEqual(losses, {})
        # Each packet that comes; each piece as it is read, before and after.
        self.assertLessEqual(summary["counters"]["looks"], QUEUE_LOOKS * segments + 2 * sent)

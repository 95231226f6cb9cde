# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What only the bytes tell: changes that no hook sees, and writes that change nothing.

What was found by its fingerprint alone is a whole page piece; the reader got other bytes somewhere
in it. Each both_... runs in the modes edges and wire, with a watch for each.
"""
import mmap
import os
import subprocess

from case import OwnWatch, Scene
from guest import (PAGE, SENDZC, Did, Flow, do_write, file_ranges, invert, make_file, merged,
                   pattern, run_as, send_file, sh)
from memory import Mapper, poke, private, send_zerocopy, vmsplice, wait_notified
from remote import Remote

PAGES = 16
PIECE = (5 * PAGE, PAGE)
OFF, LEN = 5 * PAGE + 1000, 500
NOBODY = Did(None, None, None)

# Over a tun: four pages, each a packet of its own, of which page 2 is changed.
R_OFF, R_END = 2 * PAGE + 100, 2 * PAGE + 150


def flip(mem: mmap.mmap) -> None:
    mem[OFF:OFF + LEN] = invert(mem[OFF:OFF + LEN])


def flip_remote(mem: mmap.mmap) -> None:
    mem[R_OFF:R_END] = invert(mem[R_OFF:R_END])


def read_direct(mem: mmap.mmap) -> None:
    """The disk writes into the mapped page."""
    fd = os.open("/mnt/ext4/content-source", os.O_RDONLY | os.O_DIRECT)
    assert os.preadv(fd, [memoryview(mem)[PIECE[0]:sum(PIECE)]], 0) == PAGE
    os.close(fd)


class Content(OwnWatch):
    """With a watch of its own, for all of its scenarios."""

    @classmethod
    def setUpClass(cls) -> None:
        # No page becomes clean, and its mapping read-only, because time passes.
        sh("sysctl -q vm.dirty_writeback_centisecs=0")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        summary = cls.own.stop()
        counters = summary["counters"]
        lost = {name: n for name, n in summary["losses"].items() if n and name != "missed"}
        assert not lost, lost
        assert summary["content"] == cls.content, summary["content"]
        assert summary["in_flight"] == 0, summary["in_flight"]
        assert counters["attached"] == counters["released"] + counters["aborted"], counters

    def file(self, fs: str = "ext4", clean: bool = False) -> tuple[str, bytes]:
        path = f"{self.fs(fs)}/content"
        return path, make_file(path, PAGES * PAGE, clean=clean)

    def mapper(self, path: str, *steps: object, touch: bool = True) -> Mapper:
        mapper = Mapper(path, *steps, touch=touch)
        self.addCleanup(mapper.end)
        return mapper

    def one(self, *answer: str) -> dict:
        """The only incident, and its verdict and reason."""
        incident = self.incident()
        self.assertEqual((incident["verdict"], incident["reason"]), answer, incident)
        return incident

    def suspected(self, incident: dict, *mappers: Mapper) -> None:
        self.assertEqual(incident["suspects"],
                         [{"pid": one.pid, "comm": one.comm} for one in mappers])


class Both(Content):
    """The scenarios of both modes; not run itself."""

    def expected(self, edges: tuple[str, str], wire: tuple[str, str]) -> tuple[str, str]:
        return wire if self.content == "wire" else edges

    # A reader on this host.

    def unseen(self, scene: Scene, mapper: Mapper, got: tuple[int, int] = (OFF, LEN)) -> None:
        self.assertEqual(scene.read(), [got])
        incident = self.one("corrupt", "unread")
        self.check(incident, scene, NOBODY, [PIECE], how="unknown")
        self.suspected(incident, mapper)

    def stored(self, fs: str) -> None:
        path, data = self.file(fs)
        mapper = self.mapper(path, flip)
        scene = self.scene(path, data=data)
        mapper.step()
        self.unseen(scene, mapper)

    def both_zero_range(self) -> None:
        """Bytes are zeroed by somebody who is known, the ends of the range like the rest. The pages
        between are zeroed in large folios alone; else they leave the file as they are."""
        path, data = self.file()
        scene = self.scene(path, data=data)
        sh(f"exec fallocate --zero-range --offset 1000 --length 20000 '{path}'")
        wrong = scene.read()
        self.assertEqual((wrong[0][0], sum(wrong[-1])), (1000, 21000))
        found = [i for i in self.watch.collect() if i["verdict"] != "identical"]
        for incident in found:
            self.expect(incident, {"verdict": "corrupt",
                                   "writer": {"how": "punch", "comm": "fallocate"}})
        self.assertEqual(merged([r for i in found for r in file_ranges(i)]), wrong)

    def both_store_ext4(self) -> None:
        self.stored("ext4")

    def both_store_tmpfs(self) -> None:
        self.stored("tmpfs")

    def both_poke(self) -> None:
        """By another process, which has nothing mapped and is no suspect."""
        path, data = self.file()
        mapper = self.mapper(path)
        scene = self.scene(path, data=data)
        run_as("pf-poker", poke, mapper.pid, mapper.start + OFF, invert(data[OFF:OFF + LEN]))
        self.unseen(scene, mapper)

    def both_direct_read(self) -> None:
        path, data = self.file()
        with open("/mnt/ext4/content-source", "wb") as source:
            source.write(invert(data[:PAGE]))
            source.flush()
            os.fsync(source.fileno())
        self.addCleanup(os.unlink, "/mnt/ext4/content-source")
        mapper = self.mapper(path, read_direct)
        scene = self.scene(path, data=data)
        mapper.step()
        self.unseen(scene, mapper, got=PIECE)

    def both_store_with_a_fault(self) -> None:
        """The fault names who stores, the fingerprint tells that something was."""
        path, data = self.file(clean=True)
        mapper = self.mapper(path, flip, touch=False)
        scene = self.scene(path, data=data)
        mapper.step()
        self.assertEqual(scene.read(), [(OFF, LEN)])
        incident = self.one("corrupt", "unread")
        self.check(incident, scene, Did(mapper.pid, mapper.pid, mapper.comm), [PIECE], how="mmap")
        self.suspected(incident, mapper)

    def both_fault_beside(self) -> None:
        """The page is made writable, but what is in flight of it stays what it is."""
        path, data = self.file(clean=True)
        mapper = self.mapper(path, flip, touch=False)
        scene = self.scene(path, data=data, offset=PIECE[0], length=900)
        mapper.step()
        self.assertEqual(scene.read(), [])
        incident = self.one("identical", "unchanged")
        self.check(incident, scene, Did(mapper.pid, mapper.pid, mapper.comm), [(PIECE[0], 900)],
                   how="mmap", verdict="identical")

    def both_store_and_back(self) -> None:
        path, data = self.file()
        mapper = self.mapper(path, flip, flip)
        scene = self.scene(path, data=data)
        mapper.step()
        mapper.step()
        self.assertEqual(scene.read(), [])
        self.assertEqual(self.watch.collect(), [])

    def both_store_after_the_read(self) -> None:
        path, data = self.file()
        mapper = self.mapper(path, flip)
        scene = self.scene(path, data=data)
        self.assertEqual(scene.read(), [])
        mapper.step()
        self.assertEqual(self.watch.collect(), [])

    def both_same_bytes(self) -> None:
        """Over the ends of pages."""
        path, data = self.file()
        scene = self.scene(path, data=data)
        writer = run_as("pf-writer", do_write, path, 6000, data[6000:15000])
        self.assertEqual(scene.read(), [])
        self.check(self.one("identical", "unchanged"), scene, writer, [(6000, 9000)],
                   verdict="identical")

    def changed_and_back(self, part: int) -> tuple[Scene, dict[str, tuple[dict, Did]]]:
        """Bytes are changed, and `part` of them changed back: incidents by their verdict."""
        path, data = self.file()
        scene = self.scene(path, data=data)
        first = run_as("pf-first", do_write, path, OFF, invert(data[OFF:OFF + LEN]))
        second = run_as("pf-second", do_write, path, OFF, data[OFF:OFF + part])
        self.assertEqual(scene.read(), [(OFF + part, LEN - part)] if part < LEN else [])
        found = self.watch.collect()
        self.assertEqual(len(found), 2, found)
        who = {one.comm: one for one in (first, second)}
        return scene, {one["verdict"]: (one, who[one["writer"]["comm"]]) for one in found}

    def both_restored(self) -> None:
        scene, found = self.changed_and_back(LEN)
        self.assertEqual(sorted(found), ["identical", "near-miss"])
        for verdict, comm in (("near-miss", "pf-first"), ("identical", "pf-second")):
            incident, writer = found[verdict]
            self.assertEqual(incident["reason"], "restored", incident)
            self.assertEqual(writer.comm, comm)
            self.check(incident, scene, writer, [(OFF, LEN)], verdict=verdict)

    def both_restored_in_part(self) -> None:
        scene, found = self.changed_and_back(200)
        self.assertEqual(sorted(found), ["corrupt", "identical"])
        incident, writer = found["identical"]
        self.assertEqual(incident["reason"], "restored", incident)
        self.check(incident, scene, writer, [(OFF, 200)], verdict="identical")
        incident, writer = found["corrupt"]
        self.assertEqual(writer.comm, "pf-first")
        self.assertEqual(
            [(r["verdict"], r["reason"], r["file_offset"], r["length"]) for r in incident["ranges"]],
            [("near-miss", "restored", OFF, 200), ("corrupt", "unread", OFF + 200, LEN - 200)])
        self.assertEqual(incident["bytes"], LEN - 200)

    def own_memory(self, incident: dict, pid: int, comm: str, how: str, offset: int) -> None:
        """Of one page of the sender's own: nobody else has it."""
        self.assertIsNone(incident["file"], incident)
        self.assertNotIn("suspects", incident)
        for who in ("writer", "sender"):
            self.assertEqual((incident[who]["pid"], incident[who]["comm"]), (pid, comm), incident)
        self.assertEqual((incident["writer"]["how"], incident["sender"]["how"]), ("unknown", how))
        self.assertEqual(incident["stream"], {"offset": offset, "length": PAGE})
        self.assertEqual(incident["bytes"], PAGE)
        self.assertEqual(file_ranges(incident), [(None, PAGE)])

    def both_vmsplice(self) -> None:
        flow = Flow()
        self.addCleanup(flow.close)
        old = pattern(PAGES * PAGE)
        mem = private(old)
        vmsplice(flow.tx, mem)
        flip(mem)
        self.assertEqual(flow.read(len(old)), mem[:])
        self.own_memory(self.one("corrupt", "unread"), os.getpid(), "python3", "splice", PIECE[0])

    # A peer elsewhere.

    def remote(self, **args: int) -> Remote:
        if subprocess.run(["modprobe", "tun"], check=False).returncode:
            self.skipTest("module tun")
        sh("sysctl -q net.ipv4.tcp_early_retrans=0")  # no probe of a tail that seems lost
        remote = Remote(**args)
        self.addCleanup(remote.close)
        return remote

    def send_pages(self, remote: Remote, path: str) -> None:
        for page in range(4):
            send_file(remote.sock, path, page * PAGE, PAGE)

    def both_queued_store(self) -> None:
        """Behind the peer's window."""
        path, data = self.file()
        self.addCleanup(os.unlink, path)
        mapper = self.mapper(path, flip_remote)
        remote = self.remote(window=2 * PAGE)
        self.send_pages(remote, path)
        self.assertEqual(remote.data(2 * PAGE), data[:2 * PAGE])
        mapper.step()
        remote.acknowledge(2 * PAGE)
        self.assertEqual(remote.data(2 * PAGE), data[2 * PAGE:R_OFF] +
                         invert(data[R_OFF:R_END]) + data[R_END:4 * PAGE])
        remote.acknowledge(2 * PAGE)
        incident = self.one(*self.expected(("possible", "unseen"), ("corrupt", "carried")))
        self.assertEqual(incident["stream"], {"offset": 2 * PAGE, "length": PAGE})
        self.assertEqual(file_ranges(incident), [(2 * PAGE, PAGE)])
        self.assertIs(incident["connection"]["local"], False)
        self.assertEqual((incident["writer"]["pid"], incident["writer"]["how"]), (None, "unknown"))
        self.suspected(incident, mapper)

    def both_queued_restored(self) -> None:
        path, data = self.file()
        self.addCleanup(os.unlink, path)
        remote = self.remote(window=2 * PAGE)
        self.send_pages(remote, path)
        self.assertEqual(remote.data(2 * PAGE), data[:2 * PAGE])
        do_write(path, R_OFF, invert(data[R_OFF:R_END]))
        do_write(path, R_OFF, data[R_OFF:R_END])
        remote.acknowledge(2 * PAGE)
        self.assertEqual(remote.data(2 * PAGE), data[2 * PAGE:4 * PAGE])
        remote.acknowledge(2 * PAGE)
        found = self.watch.collect()
        self.assertEqual(sorted((one["verdict"], one["reason"]) for one in found),
                         [("identical", "restored"), ("near-miss", "restored")], found)

    def sent_again(self, remote: Remote, new: bytes) -> None:
        """Nobody acknowledges page 2: until it goes out as it is now. Then all is acknowledged."""
        while True:
            again = remote.segment()
            if again.seq == remote.acked and again.data[:PAGE] == new[2 * PAGE:3 * PAGE]:
                break
        remote.acknowledge(2 * PAGE)

    def both_zerocopy(self) -> None:
        remote = self.remote(patient=False)
        old = pattern(4 * PAGE)
        mem = private(old)
        send_zerocopy(remote.sock, mem)
        self.assertEqual(remote.data(4 * PAGE), old)
        remote.acknowledge(2 * PAGE)
        flip_remote(mem)
        self.sent_again(remote, mem[:])
        wait_notified(remote.sock, 4)
        incident = self.one(*self.expected(("possible", "unseen"), ("mixed", "resent")))
        self.own_memory(incident, os.getpid(), "python3", "zerocopy", 2 * PAGE)
        self.assertGreaterEqual(incident["resends"], 1)

    def both_zerocopy_after_the_notification(self) -> None:
        remote = self.remote()
        old = pattern(4 * PAGE)
        mem = private(old)
        send_zerocopy(remote.sock, mem)
        self.assertEqual(remote.data(4 * PAGE), old)
        remote.acknowledge(4 * PAGE)
        wait_notified(remote.sock, 4)
        flip_remote(mem)
        self.assertEqual(self.watch.collect(), [])

    def both_uring(self) -> None:
        """SEND_ZC, whose notification is a second completion."""
        remote = self.remote(patient=False)
        fd = remote.sock.fileno()
        old = pattern(4 * PAGE)
        with subprocess.Popen([SENDZC, str(fd), "4", str(R_OFF), str(R_END - R_OFF)],
                              pass_fds=[fd], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              bufsize=0) as proc:
            self.addCleanup(proc.kill)
            if proc.stdout.readline() != b"sent\n":
                self.assertEqual(proc.wait(), 77)
                self.skipTest("IORING_OP_SEND_ZC")
            self.assertEqual(remote.data(4 * PAGE), old)
            remote.acknowledge(2 * PAGE)
            proc.stdin.write(b"c")
            self.assertEqual(proc.stdout.readline(), b"changed\n")
            self.sent_again(remote, old[:R_OFF] + invert(old[R_OFF:R_END]) + old[R_END:])
            proc.stdin.write(b"e")
            self.assertEqual(proc.stdout.readline(), b"free\n")
        self.assertEqual(proc.returncode, 0)
        incident = self.one(*self.expected(("possible", "unseen"), ("mixed", "resent")))
        self.own_memory(incident, proc.pid, "sendzc", "zerocopy", 2 * PAGE)


class Edges(Both):
    content = "edges"


class Wire(Both):
    content = "wire"


class Sample(Content):
    """Of so few pages that none has a fingerprint: as by hooks alone."""

    content = "edges"
    args = ("--sample", "1/1000000")

    def test_sampled_same_bytes(self) -> None:
        path, data = self.file()
        scene = self.scene(path, data=data)
        writer = run_as("pf-writer", do_write, path, OFF, data[OFF:OFF + LEN])
        self.check(self.one("corrupt", "unread"), scene, writer, [(OFF, LEN)])
        self.assertEqual(scene.read(), [])

    def test_sampled_store(self) -> None:
        path, data = self.file()
        mapper = self.mapper(path, flip)
        scene = self.scene(path, data=data)
        mapper.step()
        self.assertEqual(scene.read(), [(OFF, LEN)])
        self.assertEqual(self.watch.collect(), [])


def add_tests() -> None:
    for name in [name for name in vars(Both) if name.startswith("both_")]:
        for group in (Edges, Wire):
            setattr(group, f"test_{name[5:]}_{group.content}", vars(Both)[name])


add_tests()

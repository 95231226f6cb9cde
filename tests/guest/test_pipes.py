# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A reader that splices: what it took from its socket waits in a pipe, by reference, and can
still change there. This is how proxies pass a stream on."""
import fcntl
import os

from case import HEADER, Case, OwnWatch, Scene
from guest import PAGE, Did, Flow, Ranges, changed, do_write, invert, run_as, until, waiting
from memory import Mapper

PAGES = 16
OFF, LEN = 2 * PAGE + 500, 9 * PAGE


class Piped(Scene):
    """A file in flight to a proxy that has spliced all of it into a pipe."""

    def __init__(self, path: str, before: bytes = b""):
        super().__init__(path, size=PAGES * PAGE)
        self.size = len(HEADER) + len(self.data)
        until(lambda: waiting(self.flow.rx) == self.size, "all is in the socket of the proxy")
        self.out, self.into = os.pipe()
        self.ends = [self.out, self.into]
        fcntl.fcntl(self.into, fcntl.F_SETPIPE_SZ, 1 << 20)
        if before:
            os.write(self.into, before)
        self.flow.rx.setblocking(False)
        self.fill(self.size)

    def fill(self, size: int) -> None:
        while size:
            size -= os.splice(self.flow.rx.fileno(), self.into, size)

    def take(self, size: int) -> bytes:
        """Read from the pipe."""
        parts = []
        while size:
            parts.append(os.read(self.out, size))
            size -= len(parts[-1])
        return b"".join(parts)

    def pass_on(self, flow: Flow) -> None:
        """Splice all that is in the pipe into a socket."""
        size = self.size
        while size:
            size -= os.splice(self.out, flow.tx.fileno(), size)

    def wrong(self, got: bytes) -> Ranges:
        return changed(HEADER + self.data, got)

    def close(self, unlink: bool = True) -> None:
        for end in self.ends:
            os.close(end)
        super().close(unlink)


class Pipes(Case):
    def piped(self, fs: str = "ext4", **args: object) -> Piped:
        scene = Piped(f"{self.fs(fs)}/piped", **args)
        self.addCleanup(scene.close)
        return scene

    def write(self, scene: Piped, off: int = OFF, length: int = LEN) -> Did:
        return run_as("pf-writer", do_write, scene.path, off,
                      invert(scene.data[off:off + length]))

    def next_hop(self) -> Flow:
        flow = Flow()
        self.addCleanup(flow.close)
        return flow

    def waits(self, fs: str) -> None:
        """The client gets wrong bytes, and the origin's hop is named: there they changed."""
        scene, hop = self.piped(fs), self.next_hop()
        writer = self.write(scene)
        scene.pass_on(hop)
        self.assertEqual(scene.wrong(hop.read(scene.size)), [(len(HEADER) + OFF, LEN)])
        self.check(self.incident(), scene, writer, [(OFF, LEN)])

    def test_waits_ext4(self) -> None:
        self.waits("ext4")

    def test_waits_tmpfs(self) -> None:
        self.waits("tmpfs")

    def test_waits_xfs(self) -> None:
        self.waits("xfs")

    def test_passed_on(self) -> None:
        """The pipe is empty, and the client does not read: its hop alone is named."""
        scene, hop = self.piped(), self.next_hop()
        scene.pass_on(hop)
        self.write(scene)
        self.assertEqual(scene.wrong(hop.read(scene.size)), [(len(HEADER) + OFF, LEN)])
        self.expect(self.incident(), {"verdict": "corrupt", "evidence_lost": False,
                                      "connection": {"src": hop.src}}, [(OFF, LEN)])

    def test_copied_out(self) -> None:
        scene = self.piped()
        got = scene.take(scene.size)
        self.write(scene)
        self.assertEqual(self.watch.collect(), [])
        self.assertEqual(scene.wrong(got), [])

    def test_copied_in_part(self) -> None:
        """What was copied is right, and what waits is wrong: to the byte."""
        scene = self.piped()
        half = OFF + 3 * PAGE + 300
        got = scene.take(len(HEADER) + half)
        writer = self.write(scene)
        got += scene.take(scene.size - len(got))
        wrong = (half, OFF + LEN - half)
        self.assertEqual(scene.wrong(got), [(len(HEADER) + half, wrong[1])])
        incident = self.incident()
        self.expect(incident, {"verdict": "corrupt", "evidence_lost": False,
                               "writer": {"pid": writer.pid}})
        shown = [r for r in incident["ranges"] if r["verdict"] == "corrupt"]
        self.assertEqual([(r["file_offset"], r["length"]) for r in shown][0][0], half)
        self.assertEqual(sum(r["length"] for r in shown), wrong[1])

    def test_socket_closed(self) -> None:
        """The proxy has closed its socket. The pipe is still there."""
        scene = self.piped()
        scene.flow.close()
        self.write(scene)
        got = scene.take(scene.size)
        self.assertEqual(scene.wrong(got), [(len(HEADER) + OFF, LEN)])
        self.expect(self.incident(), {"verdict": "corrupt", "evidence_lost": False},
                    [(OFF, LEN)])

    def test_dropped(self) -> None:
        """The pipe is closed with all that was in it."""
        scene = self.piped()
        while scene.ends:
            os.close(scene.ends.pop())
        self.write(scene)
        self.assertEqual(self.watch.collect(), [])

    def test_filled_again(self) -> None:
        """The same pipe serves one response after the other."""
        scene = self.piped()
        for _ in range(3):
            scene.take(scene.size)
            with open(scene.path, "rb") as file:
                os.sendfile(scene.flow.tx.fileno(), file.fileno(), 0, len(scene.data))
            scene.size = len(scene.data)
            until(lambda: waiting(scene.flow.rx) == scene.size, "the next response")
            scene.fill(scene.size)
        self.write(scene)
        self.assertEqual(changed(scene.data, scene.take(scene.size)), [(OFF, LEN)])
        self.expect(self.incident(), {"verdict": "corrupt", "evidence_lost": False},
                    [(OFF, LEN)])

    def test_before_the_socket(self) -> None:
        """What changes in a pipe before a socket takes it is what the socket was given."""
        scene = Scene(f"{self.fs('ext4')}/early", length=1)
        self.addCleanup(scene.close)
        out, into = os.pipe()
        with open(scene.path, "rb") as file:
            os.splice(file.fileno(), into, 4 * PAGE, offset_src=0)
        do_write(scene.path, 100, invert(scene.data[100:200]))
        os.splice(out, scene.flow.tx.fileno(), 4 * PAGE)
        scene.flow.read(len(HEADER) + 1)
        self.assertEqual(changed(scene.data[:4 * PAGE], scene.flow.read(4 * PAGE)), [(100, 100)])
        self.assertEqual(self.watch.collect(), [])
        os.close(out)
        os.close(into)


class PipesEdges(OwnWatch, Pipes):
    """The same with fingerprints, and a store that no hook sees."""

    @classmethod
    def tearDownClass(cls) -> None:
        summary = cls.own.stop()
        lost = {name: n for name, n in summary["losses"].items() if n and name != "missed"}
        assert not lost, lost
        assert summary["in_flight"] == 0, summary["in_flight"]

    def test_stored_to(self) -> None:
        """Whether the pipe was copied before the store is not known of bytes in the pipe."""
        path = f"{self.fs('tmpfs')}/stored"
        with open(path, "wb") as file:
            file.truncate(PAGES * PAGE)
        mapper = Mapper(path, lambda mem: mem.__setitem__(OFF, mem[OFF] ^ 0xFF))
        self.addCleanup(mapper.end)
        scene = Piped(path)
        self.addCleanup(scene.close)
        mapper.step()
        self.assertEqual(scene.wrong(scene.take(scene.size)), [(len(HEADER) + OFF, 1)])
        incident = self.incident()
        self.expect(incident, {"evidence_lost": False, "file": {"path": path},
                               "suspects": [{"pid": mapper.pid, "comm": mapper.comm}]},
                    [(2 * PAGE, PAGE)])
        self.assertIn(incident["verdict"], ("corrupt", "possible"))

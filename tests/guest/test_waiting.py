# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Fingerprints that are not taken when the page is sent.

They wait as long as only hooked writers can change the bytes. Each scenario has another way to
change them all the same, and it would be missed if the fingerprint waited any longer.
"""
import mmap
import os
import subprocess

import test_content
from case import Scene, Watch
from guest import PAGE, do_write, invert, run_as
from memory import Mapper

PINNER, STALLER = "build/tests/guest/pinner", "build/tests/guest/staller"
OFF, LEN, PIECE = test_content.OFF, test_content.LEN, test_content.PIECE
NOBODY, flip = test_content.NOBODY, test_content.flip


def map_and_unmap(path: str) -> None:
    fd = os.open(path, os.O_RDWR)
    mmap.mmap(fd, 0).close()
    os.close(fd)


class Steps:
    """A program that takes a step whenever the test says so."""

    def __init__(self, *args: str):
        self.proc = subprocess.Popen(args, bufsize=0, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)

    def said(self) -> str:
        """Its next line; empty if the kernel lacks what it needs."""
        line = self.proc.stdout.readline().decode().strip()
        if not line:
            assert self.proc.wait() == 77, self.proc.returncode
        return line

    def go_on(self) -> str:
        self.proc.stdin.write(b"g")
        return self.said()

    def end(self) -> None:
        self.proc.kill()
        self.proc.wait()
        self.proc.stdin.close()
        self.proc.stdout.close()


class Waiting(test_content.Content):
    mode = "edges"

    def steps(self, first: str, *args: str) -> Steps:
        steps = Steps(*args)
        self.addCleanup(steps.end)
        said = steps.said()
        if not said:
            self.skipTest(args[0])
        self.assertEqual(said, first)
        return steps

    def found(self, scene: Scene, *mappers: Mapper, piece: tuple[int, int] = PIECE) -> None:
        """A change of a whole piece by somebody unknown."""
        incident = self.one("corrupt", "unread")
        self.check(incident, scene, NOBODY, [piece], how="unknown")
        self.suspected(incident, *mappers)

    def test_mapped_later(self) -> None:
        """No fault shows a store to a page of tmpfs."""
        path, data = self.file("tmpfs")
        scene = self.scene(path, data=data)
        mapper = self.mapper(path, flip)
        mapper.step()
        self.assertEqual(scene.read(), [(OFF, LEN)])
        self.found(scene, mapper)

    def test_mapped_at_a_second_place(self) -> None:
        path, data = self.file("tmpfs")
        first = self.mapper(path)
        scene = self.scene(path, data=data)
        second = self.mapper(path, flip)
        second.step()
        self.assertEqual(scene.read(), [(OFF, LEN)])
        incident = self.one("corrupt", "unread")
        self.check(incident, scene, NOBODY, [PIECE], how="unknown")
        self.assertEqual({one["pid"] for one in incident["suspects"]}, {first.pid, second.pid})

    def pinner(self, path: str, data: bytes) -> Steps:
        source = path + "-source"
        with open(source, "wb") as file:
            file.write(invert(data))
        self.addCleanup(os.unlink, source)
        return self.steps("pinned", PINNER, path, source, str(OFF), str(LEN))

    def pinned(self, before: bool) -> None:
        path, data = self.file("tmpfs")
        scene = None if before else self.scene(path, data=data)
        pinner = self.pinner(path, data)
        scene = scene or self.scene(path, data=data)
        self.assertEqual(pinner.go_on(), "stored")
        self.assertEqual(scene.read(), [(OFF, LEN)])
        self.found(scene)

    def test_pinned_before(self) -> None:
        """The mapping is gone when the page is sent, and the kernel still stores to the page."""
        self.pinned(before=True)

    def test_pinned_later(self) -> None:
        self.pinned(before=False)

    def test_written_over(self) -> None:
        """A write that began when nothing of the file was in flight, and is not over."""
        for fs in ("ext4", "tmpfs"):
            with self.subTest(fs):
                path, data = self.file(fs)
                staller = self.steps("begun", STALLER, path, str(4 * PAGE))
                scene = self.scene(path, data=data, offset=PIECE[0], length=3 * PAGE)
                self.assertEqual(staller.go_on(), "written")
                self.assertEqual(scene.read(), [PIECE])
                self.found(scene)

    def test_written(self) -> None:
        """The fingerprint is taken in front of the write: what it leaves is known."""
        path, data = self.file()
        scene = self.scene(path, data=data)
        same = data[OFF:OFF + 200] + invert(data[OFF + 200:OFF + LEN])
        writer = run_as("pf-writer", do_write, path, OFF, same)
        self.assertEqual(scene.read(), [(OFF + 200, LEN - 200)])
        incident = self.one("corrupt", "unread")
        self.assertEqual(incident["bytes"], LEN - 200)
        self.assertEqual(incident["writer"]["pid"], writer.pid)

    def test_unknown_writer(self) -> None:
        """Pages that were pinned, and unmapped, before the start. Nobody can know of that."""
        path, data = self.file("tmpfs")
        pinner = self.pinner(path, data)
        watch = Watch("--settle", "600", "--content", "edges", "--audit", "1/1")
        scene = self.scene(path, data=data)
        self.assertEqual(pinner.go_on(), "stored")
        self.assertEqual(scene.read(), [(OFF, LEN)])
        found = watch.collect()
        summary = watch.stop()
        self.assertEqual([(i["verdict"], i["writer"]["how"], i.get("alarm")) for i in found],
                         [("corrupt", "unknown", True)])
        self.assertIn(f"a writer that pageflight does not know changed {path}", watch.stderr())
        self.assertGreaterEqual(summary["counters"]["audited"], len(data) // PAGE)

    def test_known_is_no_alarm(self) -> None:
        """Pages that do not wait, and a mapping that comes later."""
        path, data = self.file("tmpfs")
        watch = Watch("--settle", "600", "--content", "edges", "--audit", "1/1")
        scene = self.scene(path, data=data)
        self.mapper(path, flip).step()
        self.assertEqual(scene.read(), [(OFF, LEN)])
        found = watch.collect()
        watch.stop()
        self.assertEqual([(i["verdict"], i["writer"]["how"], i.get("alarm")) for i in found],
                         [("corrupt", "unknown", None)])
        self.assertNotIn("does not know", watch.stderr())

    def test_mapped_and_not_stored_to(self) -> None:
        path, data = self.file("tmpfs")
        scene = self.scene(path, data=data)
        run_as("pf-mapper", map_and_unmap, path)
        self.assertEqual(scene.read(), [])
        self.assertEqual(self.watch.collect(), [])

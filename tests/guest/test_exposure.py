# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Files that are sent by reference while somebody could change them, and nobody does."""
import json
import mmap
import os
import tempfile
import time
import unittest

from case import Watch
from guest import MOUNTS, PAGE, Flow, Held, make_file, send_file, sh, start_as

PAGES = 20
PIECES = range(PAGES, PAGES + 4)  # a page is two pieces where a packet is full
WITHIN = 60  # seconds


def hold(path: str, flags: int, mapped: bool, said: int, end: int) -> None:
    """Have a file open or mapped until told otherwise."""
    fd = os.open(path, flags)
    mem = mmap.mmap(fd, 0) if mapped else None
    if mem:
        os.close(fd)
    os.write(said, b"r")
    os.read(end, 1)


class Exposure(unittest.TestCase):
    def setUp(self) -> None:
        self.dir = tempfile.mkdtemp(prefix="pf-exposure-", dir=f"{MOUNTS}/ext4")
        self.addCleanup(sh, f"rm -rf {self.dir}")
        self.watch = Watch(*self.args())
        self.began = time.monotonic()

    def args(self) -> list[str]:
        return ["--record", f"{self.dir}/run.pf"]

    def holder(self, comm: str, path: str, flags: int = os.O_RDWR, mapped: bool = False) -> Held:
        held = Held(comm, hold, path, flags, mapped)
        self.addCleanup(held.end)
        return held

    def make(self, name: str, pages: int = PAGES) -> str:
        path = f"{self.dir}/{name}"
        make_file(path, pages * PAGE)
        return path

    def send(self, *paths: str, comm: str = "pf-server") -> None:
        """Each on a connection of its own, so that no page is cut into pieces."""
        start_as(comm, self.send_all, paths).result()

    def send_all(self, paths: tuple[str]) -> None:
        for path in paths:
            flow, size = Flow(), os.stat(path).st_size
            send_file(flow.tx, path, 0, size)
            flow.read(size)
            flow.close()

    def told(self) -> dict:
        """The next that is told, which has to come in time."""
        record = self.watch.record()
        self.assertEqual(record["type"], "exposure", record)
        self.assertLess(time.monotonic() - self.began, WITHIN)
        return record

    def end(self, most: int = 0) -> dict:
        """End the session: the summary, which the recording has as well. Nothing was overwritten."""
        lines = []
        self.watch.proc.send_signal(2)
        while record := self.watch.record():
            lines.append(record)
        self.assertEqual(self.watch.proc.wait(), 0, self.watch.stderr())
        self.watch.proc.stdout.close()
        os.close(self.watch.mark_file)
        *others, summary = lines
        self.assertLessEqual(len(others), most)
        self.assertLessEqual({other["type"] for other in others}, {"exposure"})
        self.assertEqual(sum(summary["incidents"].values()), 0)
        again = sh(f"build/pageflight report -j {self.dir}/run.pf").splitlines()
        self.assertEqual(json.loads(again[-1]), summary)
        return summary

    def test_open_for_writing(self) -> None:
        """It is named within a minute, with who has it open, and the same later in the summary, in
        a recording, and in words. Others are not: who reads it, and a file that nobody can change."""
        path, safe = self.make("image"), self.make("safe")
        writer = self.holder("pf-writer", path)
        self.holder("pf-reader", path, os.O_RDONLY)
        self.holder("pf-other", self.make("other"))
        self.send(safe, comm="pf-safe")
        self.send(path)
        told = self.told()
        self.assertEqual(told["file"]["path"], path)
        self.assertEqual(told["file"]["inode"], os.stat(path).st_ino)
        self.assertEqual(told["sender"]["comm"], "pf-server")
        self.assertIn(told["pages"], PIECES)
        self.assertEqual((told["open"], told["mapped"], told["incidents"]), (True, False, 0))
        self.assertEqual(told["writers"], [
            {"pid": writer.pid, "comm": "pf-writer", "open": True, "mapped": False}])
        sentence = (f"pf-server sends {path} by reference (%d pages); "
                    f"pf-writer[{writer.pid}] has it open for writing, nothing overwritten yet")
        self.assertIn(f"pageflight: {sentence % told['pages']}\n", self.watch.stderr())
        self.send(path)
        summary = self.end()
        self.assertEqual(summary["exposed"]["files"], 1)
        worst, = summary["exposed"]["worst"]
        self.assertEqual((worst["file"], worst["writers"], worst["pages"]),
                         (told["file"], told["writers"], summary["exposed"]["pages"]))
        self.assertIn(worst["pages"] - told["pages"], PIECES)
        self.assertIn(summary["counters"]["attached"] - worst["pages"], PIECES)
        report = sh(f"build/pageflight report {self.dir}/run.pf").split()
        self.assertIn(f"exposed {sentence % worst['pages']} ", " ".join(report))

    def test_mapped_renamed_deleted_nameless(self) -> None:
        """Each is named as it is called as its pages are taken."""
        mapped, renamed, deleted = self.make("mapped"), self.make("renamed"), self.make("deleted")
        late = self.make("late")
        above, below = (f"{MOUNTS}/{where}/pf-exposed" for where in ("overlay", "ext4/upper"))
        make_file(above, PAGES * PAGE)
        self.addCleanup(os.unlink, above)
        who = [self.holder("pf-mapper", mapped, mapped=True), self.holder("pf-renamed", renamed),
               self.holder("pf-deleted", deleted), self.holder("pf-overlay", above)]
        nameless = os.open(self.dir, os.O_TMPFILE | os.O_RDWR)
        os.write(nameless, bytes(PAGE))
        os.rename(renamed, f"{self.dir}/new-name")
        with open(deleted, "rb") as gone:
            os.unlink(deleted)
            self.send(f"/proc/{os.getpid()}/fd/{gone.fileno()}")
        self.send(mapped)
        self.send(f"{self.dir}/new-name")
        self.send(f"/proc/self/fd/{nameless}")
        self.send(above)
        self.send(late)
        who.append(self.holder("pf-late", late))
        self.send(late)
        all_told = {record["file"]["inode"]: record for record in [self.told() for _ in range(6)]}
        self.assertEqual(len(all_told), 6)
        for path, writer, name in [
                (mapped, who[0], mapped), (f"{self.dir}/new-name", who[1], f"{self.dir}/new-name"),
                (late, who[4], late), (above, who[3], below), (f"/proc/{who[2].pid}/fd/0", who[2], deleted)]:
            told = next(r for r in all_told.values() if r["file"]["path"] == name)
            self.assertEqual([w["pid"] for w in told["writers"]], [writer.pid], path)
            self.assertIn(told["pages"], PIECES)
            self.assertEqual(told["mapped"], name == mapped)
            self.assertEqual(told["file"]["deleted"], name == deleted)
        told = all_told[os.fstat(nameless).st_ino]
        self.assertTrue(told["file"]["deleted"])
        self.assertIn(os.getpid(), [w["pid"] for w in told["writers"]])
        os.close(nameless)
        self.assertEqual(self.end()["exposed"]["files"], 6)

    def test_many_files(self) -> None:
        """There are more than are told: the worst are, and all pages count. The worst comes first, since
        the kernel's table is full for a while after so many, and what comes then is not named."""
        paths = [self.make("large")] + [self.make(f"small-{i}", 1) for i in range(400)]
        files = [os.open(path, os.O_RDWR) for path in paths]
        self.send(*paths)
        for fd in files:
            os.close(fd)
        summary = self.end(most=16)
        exposed = summary["exposed"]
        self.assertEqual(exposed["pages"], summary["counters"]["attached"])
        self.assertLessEqual(exposed["files"], 401)
        self.assertGreaterEqual(exposed["files"] + exposed["unnamed_pages"], 401)
        self.assertEqual(len(exposed["worst"]), 16)
        self.assertEqual(exposed["worst"][0]["file"]["path"], paths[0])
        self.assertIn(exposed["worst"][0]["pages"], PIECES)

    def test_nothing(self) -> None:
        """Nothing is sent: that is said within a minute, and in the summary."""
        while "nothing on this host is sent by reference" not in self.watch.stderr():
            self.assertLess(time.monotonic() - self.began, WITHIN)
            time.sleep(0.1)
        self.assertEqual(self.end()["exposed"], {"files": 0, "pages": 0, "unnamed_pages": 0,
                                                 "worst": []})
        self.assertIn("exposed    nothing: nothing was sent by reference",
                      sh(f"build/pageflight report {self.dir}/run.pf"))

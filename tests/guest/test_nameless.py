# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Files that stand in no tree of names: they are reported like any other, and weaken nothing else."""
import os

from case import Case
from guest import PAGE, Flow, invert, pattern, run_as, send_file


class Nameless(Case):
    def hit(self, fd: int, data: bytes, path: str | None) -> dict:
        """Send what the file holds, overwrite a part of it, and check the one incident. Its op
        record was taken: no evidence is lost, the stack is there."""
        flow = Flow()
        self.addCleanup(flow.close)
        send_file(flow.tx, f"/proc/self/fd/{fd}", 0, len(data))
        writer = run_as("pf-writer", os.pwrite, fd, invert(data[100:5100]), 100)
        incident = self.incident()
        self.expect(incident, {"verdict": "corrupt", "evidence_lost": False,
                               "writer": {"pid": writer.pid, "how": "write"},
                               "file": {"path": path, "inode": os.fstat(fd).st_ino}},
                    [(100, 5000)])
        self.assertTrue(incident["writer"]["stack"], incident)
        self.assertEqual(flow.read(len(data)), data[:100] + invert(data[100:5100]) + data[5100:])
        return incident

    def test_memfd(self) -> None:
        """Its path is that of /proc/PID/maps."""
        fd = os.memfd_create("pf-name")
        data = pattern(4 * PAGE)
        os.write(fd, data)
        incident = self.hit(fd, data, "/memfd:pf-name")
        self.expect(incident, {"file": {"deleted": True, "seen_by": "none"}})
        os.close(fd)

    def test_memfd_with_an_empty_name(self) -> None:
        fd = os.memfd_create("")
        data = pattern(4 * PAGE)
        os.write(fd, data)
        self.hit(fd, data, "/memfd:")
        os.close(fd)

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Files that stand in no tree of names, or have a name that is too long for a record: they are
reported like any other, and weaken nothing else."""
import ctypes
import mmap
import os

import longnames
from case import Case, OwnWatch
from guest import (LIBC, MOUNTS, PAGE, Flow, changed, do_write, invert, pattern, run_as,
                   send_file, sh)
from memory import Mapper, address_of, vmsplice_page


class Nameless(Case):
    def hit(self, fd: int, data: bytes, path: str | None, inode: int = 0) -> dict:
        """Send what the file holds, overwrite a part of it, and check the one incident. Its op
        record was taken: no evidence is lost, the stack is there."""
        flow = Flow()
        self.addCleanup(flow.close)
        send_file(flow.tx, f"/proc/self/fd/{fd}", 0, len(data))
        writer = run_as("pf-writer", os.pwrite, fd, invert(data[100:5100]), 100)
        incident = self.incident()
        self.expect(incident, {"verdict": "corrupt", "evidence_lost": False,
                               "writer": {"pid": writer.pid, "how": "write"},
                               "file": {"path": path, "inode": inode or os.fstat(fd).st_ino}},
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

    def test_name_of_300_bytes(self) -> None:
        """No byte of its path is known, and its record is taken all the same."""
        self.fs("fuse")
        where, data = f"{MOUNTS}/longnames", pattern(4 * PAGE)
        with longnames.mounted(where, data):
            fd = os.open(f"{where}/{'n' * 300}", os.O_RDWR)
            try:
                self.hit(fd, data, None)
            finally:
                os.close(fd)

    def test_shared_memory(self) -> None:
        """MAP_SHARED | MAP_ANONYMOUS. Its path is that of /proc/PID/maps."""
        mem = mmap.mmap(-1, 4 * PAGE)
        data = pattern(4 * PAGE)
        mem.write(data)
        with open("/proc/self/maps", encoding="ascii") as maps:
            line = next(line for line in maps if line.startswith(f"{address_of(mem):08x}-"))
        self.assertEqual(line.split(maxsplit=5)[5], "/dev/zero (deleted)\n")
        fd = os.open("/proc/self/map_files/" + "-".join(
            f"{int(end, 16):x}" for end in line.split()[0].split("-")), os.O_RDWR)
        incident = self.hit(fd, data, "/dev/zero")
        self.expect(incident, {"file": {"deleted": True, "seen_by": "none"}})
        os.close(fd)

    def test_system_v_shared_memory(self) -> None:
        shm = LIBC.shmget(0, ctypes.c_size_t(4 * PAGE), 0o1600)
        LIBC.shmat.restype = ctypes.c_void_p
        at = LIBC.shmat(shm, None, 0)
        data = pattern(4 * PAGE)
        ctypes.memmove(at, data, len(data))
        fd = os.open(f"/proc/self/map_files/{at:x}-{at + 4 * PAGE:x}", os.O_RDWR)
        self.hit(fd, data, "/SYSV00000000")
        os.close(fd)
        LIBC.shmdt(ctypes.c_void_p(at))
        LIBC.shmctl(shm, 0, None)

    def test_block_device(self) -> None:
        sh("truncate -s 16M /tmp/images/nameless")
        loop = sh("losetup -f --show /tmp/images/nameless").strip()
        self.addCleanup(sh, f"losetup -d {loop}")
        fd = os.open(loop, os.O_RDWR)
        self.addCleanup(os.close, fd)
        data = pattern(4 * PAGE)
        os.write(fd, data)
        # The inode of its pages has the number of the device, as the kernel writes it.
        number = os.fstat(fd).st_rdev
        incident = self.hit(fd, data, loop, os.major(number) << 20 | os.minor(number))
        self.expect(incident, {"file": {"deleted": False, "seen_by": "none"}})

    def test_block_device_of_a_mount(self) -> None:
        """The kernel has it open too."""
        where = self.fs("ext2")
        with open("/proc/mounts", encoding="ascii") as mounts:
            device = next(line.split()[0] for line in mounts if f" {where} " in line)
        fd = os.open(device, os.O_RDWR)
        self.addCleanup(os.close, fd)
        data = os.pread(fd, PAGE, 0)
        flow = Flow()
        self.addCleanup(flow.close)
        send_file(flow.tx, device, 0, PAGE)
        run_as("pf-writer", os.pwrite, fd, bytes(512), 0)  # the file system does not use them
        self.expect(self.incident(), {"evidence_lost": False, "file": {"path": device}},
                    [(0, 512)])
        flow.read(PAGE)
        os.pwrite(fd, data[:512], 0)


class Poked(OwnWatch):
    """What stores tell, with fingerprints: at once, with who has the memory mapped."""

    @classmethod
    def tearDownClass(cls) -> None:
        summary = cls.own.stop()
        assert not summary["losses"]["refused"], summary["losses"]

    def stored(self, path: str, said: str, size: int = PAGE, at: int = 0) -> None:
        """The mapper stores into what was sent, and is named while it still has it mapped."""
        mapper = Mapper(path, lambda mem: mem.__setitem__(at + 100, mem[at + 100] ^ 0xFF))
        self.addCleanup(mapper.end)
        with open(path, "rb") as file:
            data = os.pread(file.fileno(), size, at)
            flow = Flow()
            self.addCleanup(flow.close)
            os.sendfile(flow.tx.fileno(), file.fileno(), at, size)
        mapper.step()
        self.assertEqual(changed(data, flow.read(size)), [(100, 1)])
        self.expect(self.incident(), {
            "verdict": "corrupt", "evidence_lost": False,
            "suspects": [{"pid": mapper.pid, "comm": mapper.comm}],
            "file": {"path": said, "offset": at, "length": PAGE},
        })

    def test_memfd_stored_to(self) -> None:
        fd = os.memfd_create("pf-stored")
        self.addCleanup(os.close, fd)
        os.write(fd, pattern(4 * PAGE))
        self.stored(f"/proc/{os.getpid()}/fd/{fd}", "/memfd:pf-stored")

    def test_block_device_stored_to(self) -> None:
        sh("truncate -s 16M /tmp/images/stored")
        loop = sh("losetup -f --show /tmp/images/stored").strip()
        self.addCleanup(sh, f"losetup -d {loop}")
        self.stored(loop, loop, at=3 * PAGE)

    def test_hugetlb_memfd(self) -> None:
        """A page in the middle of the second huge page, by MSG_ZEROCOPY."""
        size = 2 << 20
        sh("echo 4 > /proc/sys/vm/nr_hugepages")
        fd = os.memfd_create("pf-huge", 4)
        self.addCleanup(os.close, fd)
        os.ftruncate(fd, 2 * size)
        at = size + 5 * PAGE
        with mmap.mmap(fd, 2 * size) as mem:
            mem[at:at + PAGE] = pattern(PAGE)
            flow = Flow()
            self.addCleanup(flow.close)
            vmsplice_page(flow.tx, mem, at)
            mem[at + 200] ^= 0xFF
            self.assertEqual(changed(pattern(PAGE), flow.read(PAGE)), [(200, 1)])
            incident = self.incident()
        self.expect(incident, {"verdict": "corrupt", "evidence_lost": False,
                               "file": {"path": "/memfd:pf-huge", "offset": at, "length": PAGE}})

    def test_taints_nobody(self) -> None:
        """A near miss of one file, beside a hit of a memfd."""
        fd = os.memfd_create("pf-beside")
        self.addCleanup(os.close, fd)
        data = pattern(4 * PAGE)
        os.write(fd, data)
        scene = self.scene(f"{self.fs('ext4')}/beside")
        do_write(scene.path, 0, invert(scene.data[:100]))
        flow = Flow()
        self.addCleanup(flow.close)
        send_file(flow.tx, f"/proc/self/fd/{fd}", 0, len(data))
        os.pwrite(fd, b"x", 0)
        do_write(scene.path, 0, scene.data[:100])
        self.assertEqual(scene.read(), [])
        flow.read(len(data))
        for incident in self.watch.collect():
            self.expect(incident, {"evidence_lost": False})

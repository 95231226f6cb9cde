# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""That an incident names the right file, connection and sender, however odd they are."""
import os
import socket

from case import Case, Scene
from guest import (CLONE_NEWNS, PAGE, Flow, do_write, invert, libc, make_file, run_as, send_file,
                   send_splice, sh, start_as)


def send_vmsplice(sock: socket.socket, path: str, off: int, length: int) -> None:
    """Pages of a shared mapping, gifted to nobody: they are still the file's."""
    import ctypes  # pylint: disable=import-outside-toplevel
    import mmap  # pylint: disable=import-outside-toplevel

    class Iovec(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]

    fd = os.open(path, os.O_RDWR)
    mem = mmap.mmap(fd, 0)
    reading, writing = os.pipe()
    start = ctypes.addressof(ctypes.c_char.from_buffer(mem))
    iov = Iovec(start + off, length)
    libc("vmsplice", writing, ctypes.byref(iov), 1, 0)
    while length:
        length -= os.splice(reading, sock.fileno(), length)


class Names(Case):
    def hit(self, scene: Scene, off: int = 2 * PAGE, length: int = 100, **expect: object) -> None:
        """Write, and check the one incident; the reader got what it says."""
        writer = run_as("pf-writer", do_write, scene.path, off,
                        invert(scene.data[off:off + length]))
        incident = self.incident()
        self.check(incident, scene, writer, [(off, length)], **expect)
        self.assertEqual(scene.read(), [(off, length)])

    def test_ipv6(self) -> None:
        scene = self.scene(f"{self.fs('ext4')}/ipv6", host="::1")
        self.assertTrue(scene.flow.src.startswith("[::1]:"))
        self.hit(scene)

    def test_sender_splice(self) -> None:
        self.hit(self.scene(f"{self.fs('ext4')}/spliced", send=send_splice), sender_how="splice")

    def test_sender_vmsplice_of_a_file_mapping(self) -> None:
        path = f"{self.fs('ext4')}/vmspliced"
        self.hit(self.scene(path, send=send_vmsplice), sender_how="splice")

    def test_space_newline_and_utf8_in_the_name(self) -> None:
        self.hit(self.scene(f"{self.fs('ext4')}/a b\n\"\\ ü"))

    def test_deep_directory(self) -> None:
        top = f"{self.fs('ext4')}/deep"
        path = top + "/d" * 20
        os.makedirs(path)
        self.hit(self.scene(f"{path}/file"))
        sh(f"rm -r {top}")

    def test_deleted(self) -> None:
        path = f"{self.fs('ext4')}/deleted"
        scene = self.scene(path)
        fd = os.open(path, os.O_RDWR)
        os.unlink(path)
        writer = run_as("pf-writer", os.pwrite, fd, invert(scene.data[:PAGE]), 0)
        os.close(fd)
        incident = self.incident()
        self.check(incident, scene, writer, [(0, PAGE)])
        self.assertIs(incident["file"]["deleted"], True)
        self.assertEqual(scene.read(), [(0, PAGE)])

    def test_not_deleted(self) -> None:
        path = f"{self.fs('ext4')}/there"
        self.scene(path)
        run_as("pf-writer", do_write, path, 0, b"\0")
        found = self.watch.collect()
        self.assertIs(found[0]["file"]["deleted"], False)

    def test_mount_namespace(self) -> None:
        """The file system is mounted in the namespace of its sender and its writer alone."""
        where = "/mnt/private"
        os.makedirs(where, exist_ok=True)
        flow = Flow()
        self.addCleanup(flow.close)

        wrote, say_wrote = os.pipe()
        may_end, say_end = os.pipe()

        def alone() -> None:
            libc("unshare", CLONE_NEWNS)
            sh(f"mount --make-rprivate / && mount -t tmpfs private {where}")
            path = f"{where}/file"
            data = make_file(path, 4 * PAGE)
            send_file(flow.tx, path, 0, 4 * PAGE)
            do_write(path, PAGE, invert(data[PAGE:2 * PAGE]))
            os.write(say_wrote, b"x")
            os.read(may_end, 1)

        who = start_as("pf-alone", alone)
        os.close(say_wrote)
        os.read(wrote, 1)
        found = self.watch.collect()
        os.write(say_end, b"x")
        who.result()
        for fd in (wrote, may_end, say_end):
            os.close(fd)
        self.assertFalse(os.path.exists(f"{where}/file"))
        self.assertEqual(len(found), 1, found)
        self.expect(found[0], {"file": {"path": f"{where}/file"}, "writer": {"pid": who.pid}},
                    [(PAGE, PAGE)])

    def test_one_page_on_101_connections(self) -> None:
        """One write, 101 incidents, one for each connection."""
        path = f"{self.fs('ext4')}/many"
        data = make_file(path, PAGE)
        flows = [Flow() for _ in range(101)]
        for flow in flows:
            send_file(flow.tx, path, 0, PAGE)
        writer = run_as("pf-writer", do_write, path, 10, invert(data[10:20]))
        found = self.watch.collect()
        self.assertEqual(len(found), 101)
        self.assertEqual({i["connection"]["src"] for i in found}, {f.src for f in flows})
        self.assertEqual(len({i["op"] for i in found}), 1)
        for incident in found:
            self.expect(incident, {"verdict": "corrupt", "writer": {"pid": writer.pid},
                                   "stream": {"offset": 10}}, [(10, 10)])
        for flow in flows:
            self.assertEqual(flow.read(PAGE), data[:10] + invert(data[10:20]) + data[20:])
            flow.close()
        os.unlink(path)

    def test_many_files_on_one_connection(self) -> None:
        """Each incident has its own place in the stream."""
        where = self.fs("ext4")
        flow = Flow()
        self.addCleanup(flow.close)
        for i in range(5):
            make_file(f"{where}/many-{i}", PAGE)
            send_file(flow.tx, f"{where}/many-{i}", 0, PAGE)
        for i in (3, 1):
            run_as("pf-writer", do_write, f"{where}/many-{i}", 7, b"\0")
            incident = self.incident()
            self.expect(incident, {"file": {"path": f"{where}/many-{i}"},
                                   "stream": {"offset": i * PAGE + 7, "length": 1}})
        for i in range(5):
            os.unlink(f"{where}/many-{i}")

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""nfsd as the writer: a client of this host's own NFS server writes into a file of which the
pages are in flight from the server's file system. And nfsd as the sender: its answer to a read is
made of the file's own pages, which a local process overwrites before the client reads them."""
import os
import subprocess
from collections.abc import Callable

from case import Case
from guest import PAGE, Did, changed, do_write, invert, make_file, run_as, sh, until, waiting
from nfs import Client, call_read3, call_read4, handle_of

EXPORT, MOUNT = "/mnt/ext4/export", "/mnt/nfs"
SIZE = 16 * PAGE

START = f"""
set -e
mkdir -p {EXPORT} /proc/fs/nfsd /run/rpc_pipefs
mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
pgrep -x rpcbind > /dev/null || rpcbind -w
echo '{EXPORT} 127.0.0.1(rw,no_root_squash,no_subtree_check,fsid=0,insecure)' > /etc/exports
exportfs -ra
rpc.nfsd --no-udp --grace-time 10 2
pgrep -x rpc.mountd > /dev/null || rpc.mountd
"""
STOP = "rpc.nfsd 0; exportfs -ua"


class Nfsd(Case):
    started = False

    def setUp(self) -> None:
        super().setUp()
        self.fs("ext4")
        for module in ("nfsd", "nfsv4"):
            if subprocess.run(["modprobe", module], check=False).returncode:
                self.skipTest(f"module {module}")
        if not Nfsd.started:
            sh(START)
            Nfsd.started = True

    @classmethod
    def tearDownClass(cls) -> None:
        if cls.started:
            sh(STOP)
            cls.started = False

    def test_write_by_a_client(self) -> None:
        sh(f"mkdir -p {MOUNT} && mount -t nfs4 -o vers=4.2 127.0.0.1:/ {MOUNT}")
        self.addCleanup(sh, f"umount {MOUNT}")
        path = f"{EXPORT}/file"
        scene = self.scene(path)
        run_as("pf-client", do_write, f"{MOUNT}/file", 5 * PAGE,
               invert(scene.data[5 * PAGE:7 * PAGE]), True)
        incident = self.incident()
        who = incident["writer"]
        self.assertEqual(who["comm"], "nfsd", incident)
        self.assertIs(who["kthread"], True)
        self.check(incident, scene, Did(who["pid"], who["tid"], "nfsd"), [(5 * PAGE, 2 * PAGE)])
        self.assertEqual(scene.read(), [(5 * PAGE, 2 * PAGE)])

    def sends(self, client: Client, name: str, read: Callable) -> None:
        """What the server answers is read by nobody until the file was overwritten."""
        self.addCleanup(client.close)
        path = f"{EXPORT}/{name}"
        data = make_file(path, SIZE)
        self.addCleanup(os.unlink, path)
        read()
        # All of the answer is there: it fits the client's window.
        until(lambda: waiting(client.sock) > SIZE, "the whole answer")
        off, length = 5 * PAGE + 100, PAGE
        writer = run_as("pf-writer", do_write, path, off, invert(data[off:off + length]))
        incident = self.incident()
        self.check_sent(incident, client, path, writer, (off, length))
        self.assertEqual(changed(data, client.answer()[-SIZE:]), [(off, length)])

    def check_sent(self, incident: dict, client: Client, path: str, writer: Did,
                   place: tuple[int, int]) -> None:
        self.expect(incident, {
            "verdict": "corrupt",
            "writer": {"pid": writer.pid},
            "sender": {"how": "kernel", "comm": "nfsd", "kthread": True, "module": "nfsd"},
            "connection": {"src": client.src, "dst": client.dst, "local": True},
            "file": {"path": path},
        }, [place])

    def test_read_by_a_client_version_3(self) -> None:
        client = Client(3)
        self.sends(client, "read3", lambda: call_read3(client, handle_of("read3"), SIZE))

    def test_read_by_a_client_version_4(self) -> None:
        client = Client(4)
        self.sends(client, "read4", lambda: call_read4(client, "read4", SIZE))

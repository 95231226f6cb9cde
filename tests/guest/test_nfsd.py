# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""nfsd as the writer: a client of this host's own NFS server writes into a file of which the
pages are in flight from the server's file system."""
import os
import subprocess

from case import Case
from guest import PAGE, Did, invert, run_as, sh

EXPORT, MOUNT = "/mnt/ext4/export", "/mnt/nfs"

START = f"""
set -e
mkdir -p {EXPORT} {MOUNT} /proc/fs/nfsd /run/rpc_pipefs
mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
rpcbind -w
echo '{EXPORT} 127.0.0.1(rw,no_root_squash,no_subtree_check,fsid=0,insecure)' > /etc/exports
exportfs -ra
rpc.nfsd --no-udp --no-nfs-version 3 --grace-time 10 2
rpc.mountd --no-nfs-version 3
mount -t nfs4 -o vers=4.2 127.0.0.1:/ {MOUNT}
"""
STOP = f"umount {MOUNT}; rpc.nfsd 0; exportfs -ua"


def do_write(path: str, off: int, data: bytes) -> None:
    fd = os.open(path, os.O_RDWR)
    assert os.pwrite(fd, data, off) == len(data)
    os.fsync(fd)


class Nfsd(Case):
    def setUp(self) -> None:
        super().setUp()
        self.fs("ext4")
        for module in ("nfsd", "nfsv4"):
            if subprocess.run(["modprobe", module], check=False).returncode:
                self.skipTest(f"module {module}")
        sh(START)
        self.addCleanup(subprocess.run, ["bash", "-c", STOP], check=False)

    def test_write_by_a_client(self) -> None:
        path = f"{EXPORT}/file"
        scene = self.scene(path)
        run_as("pf-client", do_write, f"{MOUNT}/file", 5 * PAGE,
               invert(scene.data[5 * PAGE:7 * PAGE]))
        found = self.watch.collect()
        self.assertEqual(len(found), 1, found)
        who = found[0]["writer"]
        self.assertEqual(who["comm"], "nfsd", found)
        self.assertIs(who["kthread"], True)
        self.check(found[0], scene, Did(who["pid"], who["tid"], "nfsd"), [(5 * PAGE, 2 * PAGE)])
        self.assertEqual(scene.read(), [(5 * PAGE, 2 * PAGE)])

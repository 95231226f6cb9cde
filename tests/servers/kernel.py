# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Senders in the kernel: the NFS server, the NFS client and the iSCSI initiator that write back.
Between those two and their servers stands a relay that does not read for a while."""
import os
import select
import socket
from collections.abc import Callable

from guest import Running, do_write, invert, pattern, sh, start_as, until, waiting
from nfs import Client, call_read3, call_read4, handle_of
from relay import Pair, Relay
from stalled import Row, judge
from test_disks import do_write_back
from test_nfsd import EXPORT, START

NFS, TARGET = "/mnt/nfs", "iqn.2024-01.local:disk"
READ, OFF, LEN, WRITTEN = 256 << 10, 8192, 50000, 16384
LIO = "/sys/kernel/config/target"


def nfsd(row: Row, version: int, collect: Callable) -> Row:
    """The answer to a READ is read when the file has been overwritten."""
    path = f"{EXPORT}/read{version}"
    old = pattern(READ)
    with open(path, "wb") as file:
        file.write(old)
    client = Client(version)
    if version == 3:
        call_read3(client, handle_of("read3"), READ)
    else:
        call_read4(client, "read4", READ)
    until(lambda: waiting(client.sock) > READ, "the whole answer")
    do_write(path, OFF, invert(old[OFF:OFF + LEN]))
    got = client.answer()[-READ:]
    client.close()
    judge(row, old, got, READ, collect(), path)
    return row


def ended(running: Running, seconds: float) -> bool:
    """Whether a process has said its result by then."""
    return bool(select.select([running.pipe], [], [], seconds)[0])


def write_back(row: Row, path: str, relay: Relay, choose: Callable[[], Pair],
               collect: Callable) -> Row:
    """Dirty pages go to a server that does not read, and are changed while they stand there."""
    first = pattern(WRITTEN)
    old = invert(first)
    with open(path, "wb") as file:
        file.write(first)
    sh("sync")
    do_write(path, 0, old)
    pair = choose()
    relay.hold(pair)
    flush = start_as("pf-flush", do_write_back, path)
    until(lambda: pair.waiting() > WRITTEN, "written back to the socket")
    at = len(pair.got)
    writer = start_as("pf-rewriter", do_write, path, OFF, first[OFF:OFF + 100])
    if not ended(writer, 10):
        row.note = "the writer waits for the server"
    relay.release()
    writer.result()
    flush.result()
    sh("sync")
    stream = bytes(pair.got[at:])
    start = stream.find(old[:4096])
    assert start >= 0, "what was written back is not in the stream"
    judge(row, old, stream[start:start + WRITTEN], WRITTEN, collect(), path)
    return row


def nfs_client(row: Row, _: str, collect: Callable) -> Row:
    relay = Relay(2049)
    sh(f"mkdir -p {NFS} && mount -t nfs4 -o vers=4.2,port={relay.port} 127.0.0.1:/ {NFS}")
    try:
        return write_back(row, f"{NFS}/written", relay, lambda: relay.pairs[0], collect)
    finally:
        sh(f"umount -f -l {NFS}")
        relay.close()


def lio() -> int:
    """A target with a disk in a file. Returns its port."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    sh(f"""
set -e
modprobe -a target_core_mod target_core_file iscsi_target_mod iscsi_tcp
mkdir -p {LIO}/core/fileio_0/disk
truncate -s 32M /mnt/ext4/disk.img
echo fd_dev_name=/mnt/ext4/disk.img,fd_dev_size=33554432 > {LIO}/core/fileio_0/disk/control
echo 1 > {LIO}/core/fileio_0/disk/enable
group={LIO}/iscsi/{TARGET}/tpgt_1
mkdir -p {LIO}/iscsi && mkdir -p $group/lun/lun_0 && mkdir -p $group/np/127.0.0.1:{port}
ln -s {LIO}/core/fileio_0/disk $group/lun/lun_0/disk
for name in authentication demo_mode_write_protect; do echo 0 > $group/attrib/$name; done
for name in generate_node_acls cache_dynamic_acls; do echo 1 > $group/attrib/$name; done
echo 1 > $group/enable
""")
    return port


def iscsi(row: Row, digest: str, collect: Callable) -> Row:
    port = iscsi.port = getattr(iscsi, "port", 0) or lio()
    relay = Relay(port)
    before = set(os.listdir("/sys/block"))
    sh("mkdir -p /etc/iscsi /run/lock/iscsi && "
       "echo InitiatorName=iqn.2024-01.local:initiator > /etc/iscsi/initiatorname.iscsi && "
       f"timeout 100 iscsistart -i iqn.2024-01.local:initiator -t {TARGET} -g 1 -a 127.0.0.1 "
       f"-p {relay.port} -P node.conn[0].iscsi.DataDigest={digest} 2>&1")
    until(lambda: set(os.listdir("/sys/block")) - before, "a disk")
    name = (set(os.listdir("/sys/block")) - before).pop()
    until(lambda: os.path.exists(f"/dev/{name}"), name)
    sh(f"mkfs.ext4 -q /dev/{name} && mkdir -p /mnt/disk && mount /dev/{name} /mnt/disk")
    try:
        return write_back(row, "/mnt/disk/file", relay, lambda: relay.pairs[-1], collect)
    finally:
        sh(f"umount /mnt/disk; echo 1 > /sys/block/{name}/device/delete")


def start_nfsd() -> None:
    sh("modprobe -a nfsd nfsv4")
    sh(START)


# Server, switch, who sends, what runs it with what.
SENDERS = [
    ("nfsd", "READ of version 3", "nfsd", nfsd, 3),
    ("nfsd", "READ of version 4.0", "nfsd", nfsd, 4),
    ("NFS client", "write-back", "kworker", nfs_client, ""),
    ("iSCSI initiator to LIO", "write-back, DataDigest=None", "kworker", iscsi, "None"),
    ("iSCSI initiator to LIO", "write-back, DataDigest=CRC32C", "kworker", iscsi, "CRC32C"),
]

# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Disks behind a TCP connection: the kernel writes pages of a file back, and a process changes them
on the way. nvme-tcp gives the socket the pages themselves; nbd copies them.

Between the disk's client and its server stands a relay that does not read for a while. What it
got then is compared with what the file held when it was written back."""
import os
import socket
import subprocess
from ctypes import c_long

from case import Case
from guest import LIBC, PAGE, Did, do_write, invert, make_file, pattern, run_as, sh, until
from relay import Pair, Relay

SIZE = 4 * PAGE  # as much as goes to an NVMe target together with its command
OFF, LEN = PAGE + 100, 50
SYNC_FILE_RANGE_WRITE = 2
IMAGE, MOUNT = "/mnt/ext4/disk.img", "/mnt/disk"
CONFIG = "/sys/kernel/config/nvmet"
NQN = "pageflight"

EXPORT_NVME = f"""
set -e
mkdir -p {CONFIG}/subsystems/{NQN}/namespaces/1 {CONFIG}/ports/1
cd {CONFIG}/subsystems/{NQN}
echo 1 > attr_allow_any_host
echo {IMAGE} > namespaces/1/device_path
echo 1 > namespaces/1/buffered_io
echo 1 > namespaces/1/enable
cd {CONFIG}/ports/1
echo tcp > addr_trtype
echo ipv4 > addr_adrfam
echo 127.0.0.1 > addr_traddr
echo %d > addr_trsvcid
ln -s {CONFIG}/subsystems/{NQN} subsystems/
"""
UNEXPORT_NVME = f"""
rm {CONFIG}/ports/1/subsystems/{NQN}
rmdir {CONFIG}/ports/1 {CONFIG}/subsystems/{NQN}/namespaces/1 {CONFIG}/subsystems/{NQN}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def listens(port: int) -> bool:
    return bool(sh(f"ss -Hltn 'sport = :{port}'").strip())


def do_write_back(path: str) -> None:
    """Begin it, and do not wait for its end."""
    fd = os.open(path, os.O_RDWR)
    assert LIBC.sync_file_range(fd, c_long(0), c_long(SIZE), SYNC_FILE_RANGE_WRITE) == 0
    os.close(fd)


class Disk(Case):
    """What both have in common."""

    def need(self, *modules: str) -> None:
        self.fs("ext4")
        for module in modules:
            if subprocess.run(["modprobe", "-q", module], check=False).returncode:
                self.skipTest(f"module {module}")

    def relay(self, port: int) -> Relay:
        until(lambda: listens(port), "the server listens")
        relay = Relay(port)
        self.addCleanup(relay.close)
        return relay

    def mount(self, device: str) -> str:
        """A file of old bytes on the disk, with new ones that are in memory alone."""
        sh(f"mkfs.ext4 -q {device} && mkdir -p {MOUNT} && mount {device} {MOUNT}")
        self.addCleanup(sh, f"umount {MOUNT}")
        path = f"{MOUNT}/file"
        make_file(path, SIZE)
        sh("sync")
        run_as("pf-first", do_write, path, 0, self.written)
        self.watch.collect()
        return path

    @property
    def written(self) -> bytes:
        return invert(pattern(SIZE))

    @property
    def changed(self) -> bytes:
        new = pattern(SIZE)[OFF:OFF + LEN]
        return self.written[:OFF] + new + self.written[OFF + LEN:]

    def change_on_the_way(self, path: str, relay: Relay, pair: Pair) -> tuple[Did, list[dict]]:
        relay.hold(pair)
        self.addCleanup(relay.release)
        run_as("pf-flush", do_write_back, path)
        until(lambda: pair.waiting() > SIZE, "written back to the socket")
        writer = run_as("pf-writer", do_write, path, OFF, self.changed[OFF:OFF + LEN])
        found = self.watch.collect()
        relay.release()
        sh("sync")
        return writer, found


class NvmeTcp(Disk):
    def connect(self, port: int) -> str:
        """The device of the disk."""
        before = set(os.listdir("/sys/class/nvme"))
        with open("/dev/nvme-fabrics", "w", encoding="ascii") as fabrics:
            fabrics.write(f"transport=tcp,traddr=127.0.0.1,trsvcid={port},nqn={NQN},nr_io_queues=1")
        name = (set(os.listdir("/sys/class/nvme")) - before).pop()
        self.addCleanup(sh, f"echo 1 > /sys/class/nvme/{name}/delete_controller")
        device = f"/dev/{name}n1"
        until(lambda: os.path.exists(device), device)
        return device

    def test_nvme_tcp(self) -> None:
        self.need("nvme-tcp", "nvmet-tcp")
        sh(f"truncate -s 32M {IMAGE}")
        self.addCleanup(os.unlink, IMAGE)
        port = free_port()
        sh(EXPORT_NVME % port)
        self.addCleanup(sh, UNEXPORT_NVME)
        relay = self.relay(port)
        path = self.mount(self.connect(relay.port))
        queue = relay.pairs[1]  # behind that of administration
        writer, found = self.change_on_the_way(path, relay, queue)
        self.assertEqual(len(found), 1, found)
        incident = found[0]
        self.expect(incident, {
            "verdict": "corrupt",
            "writer": {"pid": writer.pid},
            "sender": {"how": "kernel", "module": "nvme_tcp"},
            "connection": {"src": queue.src, "dst": queue.dst},
            "file": {"path": path},
        }, [(OFF, LEN)])
        start = incident["stream"]["offset"] - OFF
        self.assertEqual(bytes(queue.got[start:start + SIZE]), self.changed)


class Nbd(Disk):
    def test_nbd(self) -> None:
        """Copied: what comes after the copy does not reach the server, and is no incident."""
        self.need("nbd")
        sh(f"truncate -s 32M {IMAGE}")
        self.addCleanup(os.unlink, IMAGE)
        port = free_port()
        server = subprocess.Popen(["nbd-server", "-d", f"127.0.0.1:{port}", IMAGE],
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        relay = self.relay(port)
        sh(f"nbd-client 127.0.0.1 {relay.port} /dev/nbd0")
        self.addCleanup(sh, "nbd-client -d /dev/nbd0")
        path = self.mount("/dev/nbd0")
        _, found = self.change_on_the_way(path, relay, relay.pairs[-1])
        self.assertEqual(found, [])
        self.assertIn(self.written, bytes(relay.pairs[-1].got))

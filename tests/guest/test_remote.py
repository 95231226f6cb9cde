# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Verdicts for a peer elsewhere, against what really went over the wire.

Four pages are sent one by one, so that each is a packet of its own. Page 1 is overwritten.
"""
import os
import subprocess

from case import Case, Watch
from guest import PAGE, invert, make_file, send_file, sh
from remote import Remote

OFF, LEN = PAGE + 100, 50


class RemotePeer(Case):
    def setUp(self) -> None:
        super().setUp()
        if subprocess.run(["modprobe", "tun"], check=False).returncode:
            self.skipTest("module tun")
        self.path = f"{self.fs('ext4')}/remote"
        self.data = make_file(self.path, 8 * PAGE)
        self.addCleanup(os.unlink, self.path)
        # No probe of a tail that seems lost.
        sh("sysctl -q net.ipv4.tcp_early_retrans=0")
        self.new = self.data[:OFF] + invert(self.data[OFF:OFF + LEN]) + self.data[OFF + LEN:]

    def remote(self, **args: int) -> Remote:
        remote = Remote(**args)
        self.addCleanup(remote.close)
        return remote

    def send_pages(self, remote: Remote, pages: int) -> None:
        for page in range(pages):
            send_file(remote.sock, self.path, page * PAGE, PAGE)

    def overwrite(self) -> None:
        with open(self.path, "r+b", buffering=0) as file:
            os.pwrite(file.fileno(), self.new[OFF:OFF + LEN], OFF)

    def one(self, remote: Remote, verdict: str, reason: str, phase: str) -> dict:
        incident = self.incident()
        answer = [incident[key] for key in ("verdict", "reason", "phase")]
        self.assertEqual(answer, [verdict, reason, phase], incident)
        self.assertIs(incident["connection"]["local"], False)
        self.assertEqual(incident["connection"]["src"], remote.src)
        self.assertEqual(incident["connection"]["dst"], remote.dst)
        self.assertEqual(incident["file"]["path"], self.path)
        self.assertEqual(incident["stream"], {"offset": OFF, "length": LEN})
        self.assertEqual(incident["bytes"], LEN)
        return incident

    def test_near_miss(self) -> None:
        """Out before the write, acknowledged after it: the peer has the old bytes."""
        remote = self.remote()
        self.send_pages(remote, 4)
        got = remote.data(4 * PAGE)
        self.overwrite()
        remote.acknowledge(4 * PAGE)
        self.assertEqual(got, self.data[:4 * PAGE])
        self.assertEqual(self.one(remote, "near-miss", "acked", "sent")["resends"], 0)

    def test_after_the_ack(self) -> None:
        """It is over when the peer has acknowledged."""
        remote = self.remote()
        self.send_pages(remote, 4)
        remote.data(4 * PAGE)
        remote.acknowledge(2 * PAGE)
        self.overwrite()
        remote.acknowledge(2 * PAGE)
        self.assertEqual(self.watch.collect(), [])

    def test_partial_acks(self) -> None:
        """Half of the changed bytes were acknowledged before the write, half are lost for now."""
        remote = self.remote()
        self.send_pages(remote, 4)
        remote.data(4 * PAGE)
        remote.acknowledge(OFF + 20)
        self.overwrite()
        remote.acknowledge(4 * PAGE - OFF - 20)
        incident = self.incident()
        self.assertEqual(incident["verdict"], "near-miss")
        self.assertEqual(incident["stream"], {"offset": OFF + 20, "length": LEN - 20})

    def test_mixed(self) -> None:
        """Sent, changed, sent again when nobody acknowledged: two versions went out."""
        remote = self.remote(patient=False)
        self.send_pages(remote, 4)
        self.assertEqual(remote.data(4 * PAGE), self.data[:4 * PAGE])
        remote.acknowledge(PAGE)
        self.overwrite()
        again = remote.segment()
        while again.seq != remote.acked:  # an earlier time-out
            again = remote.segment()
        while again.data[:PAGE] != self.new[PAGE:2 * PAGE]:  # one before the write
            again = remote.segment()
        remote.acknowledge(3 * PAGE)
        incident = self.one(remote, "mixed", "resent", "resent")
        self.assertGreaterEqual(incident["resends"], 1)

    def test_unsent(self) -> None:
        """Behind the peer's window: it will get the new bytes, and does."""
        remote = self.remote(window=PAGE)
        self.send_pages(remote, 4)
        self.assertEqual(remote.data(PAGE), self.data[:PAGE])
        self.overwrite()
        self.one(remote, "corrupt", "unsent", "queued")
        remote.acknowledge(PAGE)
        self.assertEqual(remote.data(PAGE), self.new[PAGE:2 * PAGE])

    def test_in_the_transmit_path(self) -> None:
        """Handed to the device, which has not taken it yet: nothing is certain. Here the device
        takes the new bytes."""
        remote = self.remote()
        self.send_pages(remote, 4)
        self.overwrite()
        got = remote.data(4 * PAGE)
        remote.acknowledge(4 * PAGE)
        self.assertEqual(got, self.new[:4 * PAGE])
        self.one(remote, "possible", "in-host", "sent")

    def test_aborted(self) -> None:
        """The peer resets after the write."""
        remote = self.remote()
        self.send_pages(remote, 4)
        remote.data(4 * PAGE)
        self.overwrite()
        remote.reset()
        self.one(remote, "near-miss", "aborted", "sent")

    def test_segments_in_the_transmit_path(self) -> None:
        """The same, when the kernel has cut one large packet into four: it has freed its own by
        then, but the bytes have not left."""
        remote = self.remote()
        send_file(remote.sock, self.path, 0, 4 * PAGE)
        self.overwrite()
        got = remote.data(4 * PAGE)
        remote.acknowledge(4 * PAGE)
        self.assertEqual(got, self.new[:4 * PAGE])
        incident = self.incident()
        self.assertNotEqual(incident["verdict"], "near-miss", "the peer got the new bytes")

    def test_never_acknowledged(self) -> None:
        """Nothing comes: reported after the time to settle, without certainty."""
        self.watch = Watch("--settle", "0.2")
        remote = self.remote()
        self.send_pages(remote, 4)
        remote.data(4 * PAGE)
        self.overwrite()
        incident = self.watch.record()
        answer = [incident[key] for key in ("verdict", "reason", "phase")]
        self.assertEqual(answer, ["possible", "unacked", "sent"], incident)
        self.watch.stop()

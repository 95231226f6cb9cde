# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""TLS in the kernel, in software: what the socket gets is ciphertext in pages of its own."""
import os
import socket
import struct
import subprocess

from case import Case
from guest import PAGE, Flow, do_write, invert, make_file, run_as, send_file

TCP_ULP, SOL_TLS, TLS_TX, TLS_RX = 31, 282, 1, 2
TLS_1_2, AES_GCM_128 = 0x0303, 51
KEY = struct.pack("=HH8s16s4s8s", TLS_1_2, AES_GCM_128, b"i" * 8, b"k" * 16, b"s" * 4, bytes(8))
SIZE = 16 * PAGE
OFF, LEN = 5 * PAGE + 100, PAGE


class SoftwareKtls(Case):
    def flow(self) -> Flow:
        """Both ends in the kernel, with one key."""
        flow = Flow(rcvbuf=4 << 20)
        self.addCleanup(flow.close)
        for sock, way in ((flow.tx, TLS_TX), (flow.rx, TLS_RX)):
            try:
                sock.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"tls")
                sock.setsockopt(SOL_TLS, way, KEY)
            except OSError as err:
                self.skipTest(f"kTLS with AES-GCM: {err}")
        return flow

    def test_sendfile(self) -> None:
        """Overwritten before the peer reads, and the peer gets the old bytes."""
        if subprocess.run(["modprobe", "-q", "tls"], check=False).returncode:
            self.skipTest("module tls")
        path = f"{self.fs('ext4')}/ktls"
        data = make_file(path, SIZE)
        self.addCleanup(os.unlink, path)
        flow = self.flow()
        run_as("pf-sender", send_file, flow.tx, path, 0, SIZE)
        run_as("pf-writer", do_write, path, OFF, invert(data[OFF:OFF + LEN]))
        self.assertEqual(self.watch.collect(), [])
        self.assertEqual(flow.read(SIZE), data)

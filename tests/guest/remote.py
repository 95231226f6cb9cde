# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A peer that is not on this host: the other end of a tun device, with a TCP of its own.

The kernel sees packets leave through a device; here they are read one by one, kept, and
acknowledged when a test says so. No timestamps, no SACK, no window scaling: a segment of MSS bytes
is a page, and what was on the wire is known to the byte, each transmission for itself.
"""
import fcntl
import os
import select
import socket
import struct

from guest import DEADLINE, PAGE, sh

LOCAL, REMOTE, PORT = "10.79.0.1", "10.79.0.2", 4242
TUNSETIFF, TUNSETOFFLOAD, TUN_F_CSUM = 0x400454CA, 0x400454D0, 1
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
VNET_HDR = bytes(10)
FIN, SYN, RST, ACK = 1, 2, 4, 16


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Segment:
    """One TCP segment as it left the host."""

    def __init__(self, packet: bytes):
        ip = packet[len(VNET_HDR):]
        tcp = ip[(ip[0] & 15) * 4:struct.unpack("!H", ip[2:4])[0]]
        self.is_tcp = ip[0] >> 4 == 4 and ip[9] == socket.IPPROTO_TCP
        if self.is_tcp:
            self.port, _, self.seq, self.ack, off, self.flags = struct.unpack("!HHIIBB", tcp[:14])
            self.data = tcp[(off >> 4) * 4:]


class Remote:
    """The device, and one connection to the peer. sock is the end on this host."""

    def __init__(self, window: int = 65535, patient: bool = True):
        """patient: nothing is retransmitted in the time that a test takes."""
        self.tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.tun, TUNSETIFF,
                    struct.pack("16sH", b"pf-tun", IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
        fcntl.ioctl(self.tun, TUNSETOFFLOAD, TUN_F_CSUM)
        sh(f"ip addr add {LOCAL}/24 dev pf-tun && ip link set pf-tun mtu 9000 up")
        if patient:
            sh(f"ip route change 10.79.0.0/24 dev pf-tun src {LOCAL} rto_min 1000s")
        self.window = window
        self.sock = socket.socket()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.sock.connect_ex((REMOTE, PORT))
        syn = self.segment()
        assert syn.flags & SYN
        self.port = syn.port
        self.seq = 1000
        self.start = self.acked = syn.seq + 1
        self.send(SYN | ACK, options=struct.pack("!BBH", 2, 4, PAGE))
        self.seq += 1
        assert self.segment().flags == ACK
        self.sock.setblocking(True)
        self.src, self.dst = f"{LOCAL}:{self.port}", f"{REMOTE}:{PORT}"

    def segment(self) -> Segment:
        """The next segment that leaves the host."""
        while True:
            ready, _, _ = select.select([self.tun], [], [], DEADLINE)
            assert ready, "no packet"
            segment = Segment(os.read(self.tun, 1 << 16))
            if segment.is_tcp:
                return segment

    def data(self, size: int) -> bytes:
        """The next `size` bytes that are not acknowledged, as they were first transmitted."""
        got = b""
        while len(got) < size:
            segment = self.segment()
            if segment.seq - self.acked == len(got):
                got += segment.data
        return got

    def send(self, flags: int, options: bytes = b"") -> None:
        src, dst = socket.inet_aton(REMOTE), socket.inet_aton(LOCAL)
        tcp = struct.pack("!HHIIBBHHH", PORT, self.port, self.seq, self.acked,
                          (5 + len(options) // 4) << 4, flags, self.window, 0, 0) + options
        pseudo = src + dst + struct.pack("!HH", socket.IPPROTO_TCP, len(tcp))
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0)
        ip += src + dst
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        os.write(self.tun, VNET_HDR + ip + tcp)

    def acknowledge(self, size: int) -> None:
        """Acknowledge `size` bytes more."""
        self.acked = (self.acked + size) & 0xFFFFFFFF
        self.send(ACK)

    def reset(self) -> None:
        self.send(RST | ACK)

    def close(self) -> None:
        self.reset()
        self.sock.close()
        os.close(self.tun)

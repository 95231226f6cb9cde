# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An NFS client that reads an answer only when a test says so. The client of the kernel cannot
do that."""
import socket
import struct

from guest import DEADLINE, address

NFS_PORT, PROGRAM = 2049, 100003
LAST_FRAGMENT = 1 << 31


def opaque(data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + data + bytes(-len(data) % 4)


class Client:
    """One connection, one call at a time."""

    def __init__(self, version: int):
        self.version = version
        self.sock = socket.create_connection(("127.0.0.1", NFS_PORT))
        self.sock.settimeout(DEADLINE)
        self.src = address(self.sock.getpeername())
        self.dst = address(self.sock.getsockname())
        self.xid = 1000

    def call(self, procedure: int, args: bytes) -> None:
        self.xid += 1
        unix = struct.pack("!I", 0) + opaque(b"pf") + struct.pack("!III", 0, 0, 0)
        body = struct.pack("!IIIIII", self.xid, 0, 2, PROGRAM, self.version, procedure)
        body += struct.pack("!I", 1) + opaque(unix) + struct.pack("!II", 0, 0) + args
        self.sock.sendall(struct.pack("!I", LAST_FRAGMENT | len(body)) + body)

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            assert part, "the server hung up"
            data += part
        return data

    def answer(self) -> bytes:
        """The results of the call, without xid, type, reply state, verifier and accept state."""
        size = struct.unpack("!I", self.exactly(4))[0]
        assert size & LAST_FRAGMENT
        data = self.exactly(size & ~LAST_FRAGMENT)
        assert struct.unpack("!IIIIII", data[:24]) == (self.xid, 1, 0, 0, 0, 0), data[:24]
        return data[24:]

    def close(self) -> None:
        self.sock.close()


def compound(client: Client, *ops: bytes) -> None:
    """A call of version 4.0."""
    client.call(1, opaque(b"pf") + struct.pack("!II", 0, len(ops)) + b"".join(ops))


def look_up(name: str) -> list[bytes]:
    """PUTROOTFH and LOOKUP."""
    return [struct.pack("!I", 24), struct.pack("!I", 15) + opaque(name.encode())]


def handle_of(name: str) -> bytes:
    """The server's handle of a file in its root, by GETFH. It is good for version 3 too."""
    client = Client(4)
    compound(client, *look_up(name), struct.pack("!I", 10))
    answer = client.answer()
    client.close()
    at = answer.index(struct.pack("!II", 10, 0)) + 8
    size = struct.unpack("!I", answer[at:at + 4])[0]
    return answer[at + 4:at + 4 + size]


def call_read3(client: Client, handle: bytes, size: int) -> None:
    client.call(6, opaque(handle) + struct.pack("!QI", 0, size))


def call_read4(client: Client, name: str, size: int) -> None:
    """READ with the stateid of all ones, which needs no open."""
    compound(client, *look_up(name),
             struct.pack("!I", 25) + b"\xff" * 16 + struct.pack("!QI", 0, size))

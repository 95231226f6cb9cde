# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A reader that stops, a file that is rewritten in place meanwhile, and what became of it: the
bytes that the reader then gets decide, whatever was reported."""
import os
import select
import socket
import subprocess
import time
from dataclasses import dataclass, field

from guest import DEADLINE, changed, invert, run_as, until

SIZE, FIRST, CHUNK = 4 << 20, 20000, 256 << 10
AFTER = FIRST + 4096  # where the writer begins: behind what the reader has


@dataclass
class Row:
    """One line of the table."""
    server: str
    switch: str
    wrong: int = 0
    missed: int = 0
    false: int = 0
    senders: set = field(default_factory=set)
    expected: str = ""
    files: bool = True
    reported: int = 0
    verdicts: set = field(default_factory=set)
    note: str = ""

    def reference(self) -> str:
        if self.note.startswith("not run"):
            return "-"
        return "yes" if self.wrong else "no"

    def named(self) -> str:
        if not self.reported:
            return "-"
        names = ", ".join(sorted(self.senders))
        expected = self.expected.split()
        right = self.files and all(sender.split(" ")[0] in expected for sender in self.senders)
        return f"yes: {names}" if right else f"NO: {names}"

    def cells(self) -> list[str]:
        return [self.server, self.switch, self.reference(), self.named(),
                ", ".join(sorted(self.verdicts)) or "-", str(self.wrong), str(self.missed),
                str(self.false), self.note]

    def bad(self) -> bool:
        return bool(self.missed or self.false or self.named().startswith("NO"))


def connections(port: int) -> list[tuple[int, int, int, int]]:
    """Of each TCP socket with that local or remote port: both ports, bytes unacked and unread."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            for line in list(lines)[1:]:
                fields = line.split()
                own, peer = (int(fields[i].rsplit(":", 1)[1], 16) for i in (1, 2))
                if port in (own, peer) and fields[3] != "0A":
                    unacked, unread = (int(part, 16) for part in fields[4].split(":"))
                    found.append((own, peer, unacked, unread))
    return found


def in_sockets(port: int, peer: int = 0) -> int:
    """Bytes that the server's sockets hold, and that wait in the clients' to be read."""
    total = 0
    for own, other, unacked, unread in connections(port):
        if own == port and peer in (0, other):
            total += unacked
        elif other == port and peer in (0, own):
            total += unread
    return total


def stalled(port: int, peer: int = 0) -> int:
    """Wait until the server gets no more into its socket. Returns how many bytes stand there."""
    held, since = -1, time.monotonic()
    end = since + DEADLINE
    while time.monotonic() < since + 1.5:
        now = in_sockets(port, peer)
        if now != held:
            held, since = now, time.monotonic()
        assert time.monotonic() < end, "the connection never stalls"
        time.sleep(0.05)
    return held


class SocketReader:
    """The client end of a plain connection that carries the file from `head` on."""
    exact = True

    def __init__(self, sock: socket.socket, head: bytes = b""):
        self.sock, self.early = sock, head
        sock.settimeout(DEADLINE)
        self.own, self.port = sock.getsockname()[1], sock.getpeername()[1]

    def read(self, size: int) -> bytes:
        got, self.early = bytearray(self.early[:size]), self.early[size:]
        while len(got) < size:
            part = self.sock.recv(size - len(got))
            assert part, f"ended after {len(got)} of {size} bytes"
            got += part
        return bytes(got)

    def stalled(self) -> int:
        return stalled(self.port, self.own)

    def close(self) -> None:
        self.sock.close()


class ProgramReader:
    """A program that writes the file to a pipe. What it and the pipe hold is not known."""
    exact = False

    def __init__(self, argv: list[str], port: int, fifo: str = ""):
        self.port = port
        self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL if fifo else subprocess.PIPE)
        self.fd = os.open(fifo, os.O_RDONLY) if fifo else self.proc.stdout.fileno()

    def read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            assert select.select([self.fd], [], [], DEADLINE)[0], "the client says nothing more"
            part = os.read(self.fd, size - len(got))
            assert part, f"ended after {len(got)} of {size} bytes"
            got += part
        return got

    def stalled(self) -> int:
        return stalled(self.port) * 98 // 100  # heads and TLS records

    def close(self) -> None:
        self.proc.kill()
        self.proc.wait()


def http(port: int, path: str = "/file") -> SocketReader:
    sock = socket.socket()
    until(lambda: sock.connect_ex(("127.0.0.1", port)) in (0, 106), f"port {port} listens")
    sock.settimeout(DEADLINE)
    sock.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        part = sock.recv(1024)
        assert part, head
        head += part
    assert b" 200 " in head.split(b"\r\n", 1)[0], head
    return SocketReader(sock, head.split(b"\r\n\r\n", 1)[1])


def write_in_place(path: str, data: bytes, start: int) -> None:
    fd = os.open(path, os.O_RDWR)
    for at in range(start, len(data), CHUNK):
        part = data[at:at + CHUNK]
        assert os.pwrite(fd, part, at) == len(part)
    os.close(fd)


def judge(row: Row, old: bytes, got: bytes, handed: int, incidents: list[dict], path: str) -> None:
    """Compare what arrived of the bytes that the socket had been given with what was reported."""
    handed = min(handed, len(old))
    wrong, said, corrupt = (bytearray(len(old)) for _ in range(3))
    for at, length in changed(old[:handed], got[:handed]):
        wrong[at:at + length] = b"\1" * length
    for incident in incidents:
        sender, file = incident["sender"], incident["file"]
        row.reported += 1
        row.senders.add(f"{sender['comm']} {sender['how']}")
        row.files = row.files and bool(file) and file["path"] == path
        for part in incident["ranges"] if file and file["path"] == path else []:
            at, length = part["file_offset"], part["length"]
            row.verdicts.add(part["verdict"])
            if part["verdict"] in ("corrupt", "mixed", "possible"):
                said[at:at + length] = b"\1" * length
            if part["verdict"] == "corrupt":
                corrupt[at:at + length] = b"\1" * length
    right = bytearray(b"\1" * len(old))
    for at, length in changed(old, got):
        right[at:at + length] = bytes(length)
    row.wrong = sum(wrong)
    row.missed = count(wrong) - count(wrong, said)
    row.false = count(corrupt, right)


def count(*masks: bytearray) -> int:
    total = -1
    for mask in masks:
        total &= int.from_bytes(mask, "little")
    return total.bit_count()


def scene(row: Row, reader: SocketReader | ProgramReader, path: str, old: bytes,
          collect: object) -> Row:
    """The reader has asked for the file. Stop, rewrite, go on."""
    got = reader.read(FIRST)
    handed = FIRST + reader.stalled()
    new = invert(old)
    run_as("pf-rewriter", write_in_place, path, new, AFTER)
    got += reader.read(len(old) - FIRST)
    reader.close()
    assert got[:FIRST] == old[:FIRST]
    judge(row, old, got, handed, collect(), path)
    if not row.wrong and got[FIRST:handed] == old[FIRST:handed]:
        row.note = row.note or "copied"
    return row

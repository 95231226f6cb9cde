# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""pageflight ls against what the two ends of each connection say.

Nobody reads and nothing moves while it looks, so the numbers are exact: SIOCOUTQ is what the
sender's queues have, SIOCINQ what waits for the reader.
"""
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import unittest
from collections.abc import Iterable

from case import HEADER, Case
from guest import BIN, DEADLINE, PAGE, SIOCOUTQ, Flow, make_file, send_file, sh, until, waiting
from remote import Remote
from test_servers import NGINX, SlowClient, queues

SPACES = """
ip netns add pf-la; ip netns add pf-lb
ip link add pf-la netns pf-la type veth peer name pf-lb netns pf-lb
ip -n pf-la addr add 10.79.0.1/24 dev pf-la; ip -n pf-la link set pf-la up
ip -n pf-lb addr add 10.79.0.2/24 dev pf-lb; ip -n pf-lb link set pf-lb up
"""
NO_SPACES = "ip netns del pf-la 2> /dev/null; ip netns del pf-lb 2> /dev/null; true"
QUEUES = ("unsent", "unacknowledged", "unread", "out_of_order")
MANY = 300


def ls(*args: str, status: int = 0) -> list[dict]:
    done = subprocess.run([BIN, "ls", "-j", *args], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=DEADLINE, check=False)
    assert done.returncode == status, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert not done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def unsent(sock: socket.socket) -> int:
    """How many bytes of a socket are not acknowledged, be they transmitted or not."""
    return int.from_bytes(fcntl.ioctl(sock, SIOCOUTQ, b"\0" * 4), "little")


def reset(sock: socket.socket) -> None:
    """Close a socket in the way that sends a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))
    sock.close()


def settle(flows: Iterable[Flow], sent: int) -> None:
    """Wait until every byte is either with the sender or with the reader, and none is between."""
    for flow in flows:
        until(lambda flow=flow: unsent(flow.tx) + waiting(flow.rx) == sent, "nothing under way")


def sums(lines: list[dict], kind: str) -> dict:
    """Of all lines of this type, the sums of what is held."""
    return {key: sum(line[key] for line in lines if line["type"] == kind) for key in QUEUES}


class Ls(unittest.TestCase):
    maxDiff = None
    fs = Case.fs

    def flow(self, path: str, size: int, length: int | None = None, **args: object) -> Flow:
        """A file in flight to a reader that does not read, behind a header that was copied."""
        make_file(path, size)
        flow = Flow(**args)
        self.addCleanup(flow.close)
        flow.tx.setblocking(False)
        flow.tx.sendall(HEADER)
        flow.sent = 0
        with open(path, "rb") as file:
            while flow.sent < (length or size):
                try:
                    flow.sent += os.sendfile(flow.tx.fileno(), file.fileno(), flow.sent,
                                             (length or size) - flow.sent)
                except BlockingIOError:
                    break
        settle([flow], len(HEADER) + flow.sent)
        return flow

    def exact(self, flow: Flow, file: dict, path: str) -> None:
        """The sums of one file on one connection are what its ends say."""
        inq, outq = waiting(flow.rx), unsent(flow.tx)
        self.assertGreaterEqual(inq, len(HEADER))  # so all that is not acknowledged is of the file
        self.assertEqual({
            "sender": file["unsent"] + file["unacknowledged"],
            "unread": file["unread"], "out_of_order": file["out_of_order"],
            "bytes": file["bytes"], "connections": file["connections"],
            "path": file["file"]["path"], "inode": file["file"]["inode"],
            "range": (file["file"]["offset"], file["file"]["length"]),
        }, {
            "sender": outq, "unread": inq - len(HEADER), "out_of_order": 0,
            "bytes": flow.sent, "connections": 1, "path": path,
            "inode": os.stat(path).st_ino, "range": (0, flow.sent),
        })

    def one_file(self, path: str, **args: object) -> None:
        flow = self.flow(path, 256 * PAGE, **args)
        self.addCleanup(os.unlink, path)
        file, _ = ls(path)
        self.exact(flow, file, path)

    def test_ipv4(self) -> None:
        self.one_file("/mnt/tmpfs/ls-v4")

    def test_ipv6(self) -> None:
        self.one_file("/mnt/tmpfs/ls-v6", host="::1")

    def test_small_window(self) -> None:
        self.one_file(f"{self.fs('ext4')}/ls-window", rcvbuf=8192)

    def test_file_systems(self) -> None:
        for name in ("ext4", "xfs", "btrfs"):
            with self.subTest(name):
                self.one_file(f"{self.fs(name)}/ls")

    def test_other_namespaces(self) -> None:
        """Sender and reader are in two namespaces, and we are in a third."""
        sh(NO_SPACES)
        sh(SPACES)
        self.addCleanup(sh, NO_SPACES)
        self.one_file("/mnt/tmpfs/ls-spaces", host="10.79.0.2", tx_netns="pf-la", rx_netns="pf-lb")

    def test_namespace_without_a_name(self) -> None:
        """Nobody lives in the namespace, it is not mounted, and only sockets keep it."""
        sh(NO_SPACES)
        sh(SPACES)
        path = "/mnt/tmpfs/ls-nameless"
        flow = self.flow(path, 64 * PAGE, host="10.79.0.2", tx_netns="pf-la", rx_netns="pf-lb")
        sh(NO_SPACES)
        file, _ = ls(path)
        self.exact(flow, file, path)

    def test_namespace_of_an_orphan(self) -> None:
        """Nothing leads into the namespace: what it has is a socket that its process has closed.
        That is said, and what is nowhere else is not called nothing."""
        sh(NO_SPACES)
        sh(SPACES)
        self.addCleanup(sh, NO_SPACES)
        inode = os.stat("/run/netns/pf-la").st_ino
        path = "/mnt/tmpfs/ls-orphan"
        flow = self.flow(path, 256 * PAGE, rcvbuf=8192, host="10.79.0.2", tx_netns="pf-la",
                         rx_netns="pf-lb")
        self.addCleanup(os.unlink, path)
        port = flow.tx.getsockname()[1]
        flow.tx.close()
        sh("ip netns del pf-la")
        for args, status in ((("--rport", str(port)), 0), (("--lport", str(port)), 4)):
            with self.subTest(args):
                done = subprocess.run([BIN, "ls", "-j", *args, path], capture_output=True, text=True,
                                      timeout=DEADLINE, check=False)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(f"1 network namespaces were not looked at, such as {inode}:",
                              done.stderr)
                summary = json.loads(done.stdout.splitlines()[-1])
                self.assertEqual(summary["losses"]["namespaces_unseen"], 1)
        done = subprocess.run([BIN, "wait", "-t", "0", path], capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 4, done.stderr)
        flow.read(len(HEADER) + flow.sent)
        done = subprocess.run([BIN, "wait", "-t", "60", path], capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        reset(flow.rx)  # a FIN would wait for an acknowledgement from a namespace that goes
        until(lambda: not subprocess.run([BIN, "ls"], capture_output=True, check=False).stderr,
              "the namespace is gone")

    def test_overlay_by_upper_path(self) -> None:
        overlay, upper = self.fs("overlay"), "/mnt/ext4/upper/ls-upper"
        flow = self.flow(f"{overlay}/ls-upper", 32 * PAGE)
        self.addCleanup(os.unlink, f"{overlay}/ls-upper")
        file, _ = ls(upper)
        self.exact(flow, file, upper)

    def test_overlay_is_refused(self) -> None:
        path = f"{self.fs('overlay')}/ls-refused"
        make_file(path, PAGE)
        self.addCleanup(os.unlink, path)
        done = subprocess.run([BIN, "ls", path], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("name one there", done.stderr)

    def test_closed_sender(self) -> None:
        """The sender has closed its socket, which no process has any more: the data and the FIN
        wait in FIN_WAIT1."""
        path = "/mnt/tmpfs/ls-closed"
        flow = self.flow(path, 256 * PAGE, rcvbuf=8192)
        outq, inq, port = unsent(flow.tx), waiting(flow.rx), flow.tx.getsockname()[1]
        flow.tx.close()
        sender, summary = ls("--conns", "--lport", str(port), path)
        self.assertEqual(sender["connection"]["state"], "FIN_WAIT1")
        self.assertEqual(sender["owners"], [])
        self.assertEqual(sender["unsent"] + sender["unacknowledged"], outq)
        self.assertEqual(summary["bytes"], outq)
        reader, _ = ls("--conns", "--rport", str(port), path)
        self.assertEqual(reader["unread"], inq - len(HEADER))
        self.assertEqual([owner["pid"] for owner in reader["owners"]], [os.getpid()])

    def test_reset(self) -> None:
        """The sender has reset the connection. The reader's socket is in no table of the kernel any
        more, and has what came before."""
        path = "/mnt/tmpfs/ls-reset"
        flow = self.flow(path, 16 * PAGE)
        reset(flow.tx)
        reader, _ = ls("--conns", path)
        self.assertEqual((reader["connection"]["state"], reader["unread"]), ("CLOSE", flow.sent))
        self.assertEqual([owner["pid"] for owner in reader["owners"]], [os.getpid()])
        flow.read(len(HEADER) + flow.sent)
        self.assertEqual(ls(path, status=1)[0]["bytes"], 0)

    def test_pieces(self) -> None:
        """Each piece stands at its place in the file and in the stream, and none is there twice."""
        path = f"{self.fs('ext4')}/ls-pieces"
        flow = self.flow(path, 200 * PAGE)
        self.addCleanup(os.unlink, path)
        *pieces, _ = ls("--pieces", path)
        ranges = sorted((p["file"]["offset"], p["file"]["length"]) for p in pieces)
        end = 0
        for off, length in ranges:
            self.assertEqual(off, end, ranges)
            end = off + length
        self.assertEqual(end, flow.sent)
        for piece in pieces:
            self.assertEqual(piece["stream"]["offset"], len(HEADER) + piece["file"]["offset"])
            own = (flow.dst, flow.src) if piece["queue"] == "unread" else (flow.src, flow.dst)
            self.assertEqual((piece["connection"]["src"], piece["connection"]["dst"]), own)

    def test_read_in_part(self) -> None:
        """What the reader has taken out is not held, though the page still is in its queue."""
        path = "/mnt/tmpfs/ls-part"
        flow = self.flow(path, 16 * PAGE)
        flow.read(len(HEADER) + 5 * PAGE + 123)
        file, _ = ls(path)
        self.assertEqual((file["file"]["offset"], file["bytes"]),
                         (5 * PAGE + 123, 11 * PAGE - 123))

    def test_acknowledged_in_part(self) -> None:
        """A peer elsewhere has acknowledged a part of a packet, which the socket keeps whole."""
        sh("modprobe tun")
        path = "/mnt/tmpfs/ls-acked"
        make_file(path, 4 * PAGE)
        remote = Remote()
        self.addCleanup(remote.close)
        send_file(remote.sock, path, 0, 4 * PAGE)
        remote.data(4 * PAGE)
        for acked in (0, PAGE + 20):
            if acked:
                remote.acknowledge(acked)
            piece, _ = ls("--pieces", path)
            self.assertEqual((piece["queue"], piece["file"]["offset"], piece["bytes"],
                              piece["stream"]["offset"]),
                             ("unacknowledged", acked, 4 * PAGE - acked, acked))

    def test_directory_and_deleted(self) -> None:
        os.makedirs("/mnt/tmpfs/ls-dir/below", exist_ok=True)
        self.addCleanup(shutil.rmtree, "/mnt/tmpfs/ls-dir")
        path = "/mnt/tmpfs/ls-dir/below/gone"
        flow = self.flow(path, 3 * PAGE)
        inode = os.stat(path).st_ino
        kept = os.open(path, os.O_RDONLY)  # else its pages would be of no file any more
        self.addCleanup(os.close, kept)
        os.unlink(path)
        file, _ = ls("/mnt/tmpfs/ls-dir")
        self.assertEqual((file["bytes"], file["file"]["inode"], file["file"]["deleted"]),
                         (flow.sent, inode, True))
        (nothing,) = ls("/mnt/tmpfs", "--port", "1", status=1)
        self.assertEqual(nothing["bytes"], 0)

    def test_watch_sees_a_new_name(self) -> None:
        path = "/mnt/tmpfs/ls-old"
        flow = self.flow(path, 4 * PAGE)
        with subprocess.Popen([BIN, "ls", "-j", "--watch", "0.1", "--port",
                               str(flow.tx.getsockname()[1])], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as proc:
            self.assertEqual(json.loads(proc.stdout.readline())["file"]["path"], path)
            os.rename(path, f"{path}-new")
            self.addCleanup(os.unlink, f"{path}-new")
            until(lambda: (json.loads(proc.stdout.readline()).get("file") or {}).get("path") ==
                  f"{path}-new", "the new name")
            proc.send_signal(signal.SIGTERM)
            proc.stdout.read()
            self.assertEqual(proc.wait(), 0)

    def test_filters(self) -> None:
        paths = ["/mnt/tmpfs/ls-one", "/mnt/tmpfs/ls-two"]
        one, two = (self.flow(path, 8 * PAGE) for path in paths)
        port = one.tx.getsockname()[1]
        for args in (("--port", str(port)), (paths[0],),
                     ("--inode", "{0.major}:{0.minor}:{1}".format(*device_of(paths[0])))):
            with self.subTest(args):
                file, summary = ls(*args)
                self.assertEqual(file["file"]["path"], paths[0])
                self.assertEqual(summary["bytes"], one.sent)
        both = ls(*paths)
        self.assertEqual(sums(both, "held_file")["unread"], one.sent + two.sent)
        self.assertEqual(ls("--pid", "1", paths[0], status=1)[0]["bytes"], 0)
        self.assertEqual(ls("--pid", str(os.getpid()), paths[0])[1]["bytes"], one.sent)

    def test_user_memory(self) -> None:
        """Pages of no file are counted, and told apart from what was copied."""
        flow = Flow()
        self.addCleanup(flow.close)
        reading, writing = os.pipe()
        memory = bytearray(b"m" * 4 * PAGE)
        flow.tx.sendall(HEADER)
        vmsplice(writing, memory)
        moved = 0
        while moved < len(memory):
            moved += os.splice(reading, flow.tx.fileno(), len(memory) - moved)
        settle([flow], len(HEADER) + len(memory))
        held, summary = ls("--port", str(flow.tx.getsockname()[1]))
        self.assertEqual((held["memory"], held["file"], held["bytes"]),
                         ("user", None, len(memory)))
        self.assertEqual((summary["memory"]["user"], summary["memory"]["copied"]),
                         (len(memory), len(HEADER)))

    def test_nginx_with_three_paused_clients(self) -> None:
        root, conf = f"{self.fs('ext4')}/ls-www", "/tmp/pf-ls-nginx"
        for path in (root, conf):
            os.makedirs(path, exist_ok=True)
            self.addCleanup(shutil.rmtree, path)
        path = f"{root}/image.iso"
        size = len(make_file(path, 4 << 20))
        with open(f"{conf}/conf", "w", encoding="ascii") as file:
            file.write(NGINX.format(dir=conf, port=8090, root=root))
        nginx = subprocess.Popen(["nginx", "-c", f"{conf}/conf"], stdin=subprocess.DEVNULL)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.send_signal, signal.SIGTERM)
        clients = [SlowClient(8090, "/image.iso") for _ in range(3)]
        for client in clients:
            self.addCleanup(client.sock.close)
        until(lambda: steady(clients), "nginx waits")
        file, summary = ls(path, "--port", "8090")
        *_, whole = ls("--port", "8090")
        unread = sum(waiting(client.sock) for client in clients)
        sender = sum(queue_of(client) for client in clients)
        self.assertEqual(file["connections"], 3)
        self.assertEqual(file["unsent"] + file["unacknowledged"], sender)
        self.assertEqual(file["unread"] + whole["memory"]["copied"], unread)
        self.assertEqual(summary["bytes"], file["bytes"])
        self.assertLessEqual(file["bytes"], 3 * size)
        self.assertIn("nginx", {owner["comm"] for owner in file["owners"]})

    def test_many_connections(self) -> None:
        path = "/mnt/tmpfs/ls-many"
        make_file(path, 16 * PAGE)
        flows = [Flow() for _ in range(MANY)]
        for flow in flows:
            self.addCleanup(flow.close)
            flow.tx.sendall(b"head")
            send_file(flow.tx, path, 0, 16 * PAGE)
        settle(flows, 4 + 16 * PAGE)
        file, summary = ls(path)
        *socks, _ = ls("--conns", path)
        self.assertEqual(file["unsent"] + file["unacknowledged"],
                         sum(unsent(flow.tx) for flow in flows))
        self.assertEqual(file["unread"], sum(waiting(flow.rx) - 4 for flow in flows))
        self.assertEqual((file["bytes"], file["connections"]), (MANY * 16 * PAGE, MANY))
        self.assertEqual(sum(sock["bytes"] for sock in socks), file["bytes"])
        self.assertFalse(any(summary["losses"].values()), summary)


def device_of(path: str) -> tuple[object, int]:
    """Its device as `--inode` wants it, and its inode. Not for btrfs."""
    stat = os.stat(path)

    class Device:
        major, minor = os.major(stat.st_dev), os.minor(stat.st_dev)
    return Device, stat.st_ino


def vmsplice(pipe: int, memory: bytearray) -> None:
    """Hand pages of this process to a pipe."""
    import ctypes

    class Iovec(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]
    at = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    vec = Iovec(at, len(memory))
    assert ctypes.CDLL(None).vmsplice(pipe, ctypes.byref(vec), 1, 0) == len(memory)


def queue_of(client: SlowClient) -> int:
    """What the server's end of a client has not got acknowledged, as /proc/net/tcp has it."""
    return queues(client.port, client.sock.getsockname()[1])[0]


def steady(clients: list[SlowClient]) -> bool:
    """Has every client got all that its window takes, and is nothing under way?"""
    before = [(waiting(client.sock), queue_of(client)) for client in clients]
    again = [(waiting(client.sock), queue_of(client)) for client in clients]
    return before == again and all(inq and outq for inq, outq in before)

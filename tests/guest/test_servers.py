# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Servers that know nothing of this: nginx, and Python's socket.sendfile().

The client asks for a file of 60 pages and reads the head of the answer only.
When the server has handed everything to its socket, dd rewrites the middle.
"""
import os
import shutil
import signal
import socket
import subprocess

from case import Case
from guest import DEADLINE, PAGE, Did, changed, invert, make_file, until

PAGES = 60
NGINX = """
daemon off; master_process off; worker_processes 1; user root; pid {dir}/pid; error_log stderr;
events {{ worker_connections 16; }}
http {{
	access_log off; sendfile on; tcp_nopush on; sendfile_max_chunk 0;
	client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
	uwsgi_temp_path {dir}; scgi_temp_path {dir};
	server {{ listen 127.0.0.1:{port} sndbuf=1m; root {root}; }}
}}
"""


def queues(port: int, peer: int) -> tuple[int, int]:
    """Bytes not acknowledged, and bytes not read, of 127.0.0.1:port towards peer."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            field = line.split()
            if field[1].endswith(f":{port:04X}") and field[2].endswith(f":{peer:04X}"):
                unacked, unread = field[4].split(":")
                return int(unacked, 16), int(unread, 16)
    return 0, 0


class SlowClient:
    """Asks for a path, and reads no more than the head of the answer."""

    def __init__(self, port: int, path: str):
        self.port = port
        self.sock = socket.socket()
        self.sock.settimeout(DEADLINE)
        until(lambda: self.sock.connect_ex(("127.0.0.1", port)) in (0, 106), "server listens")
        self.src = f"127.0.0.1:{port}"
        self.dst = f"127.0.0.1:{self.sock.getsockname()[1]}"
        self.sock.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head = self.sock.recv(4096, socket.MSG_PEEK)
        self.head = head.index(b"\r\n\r\n") + 4
        assert self.sock.recv(self.head).startswith(b"HTTP/1."), head

    def wait_all_sent(self, size: int) -> None:
        """Until the two ends together hold all of the answer."""
        own = self.sock.getsockname()[1]
        # The end of the stream counts as one more.
        until(lambda: queues(self.port, own)[0] + queues(own, self.port)[1] >= size,
              f"{size} bytes in the queues of {self.src} and {self.dst}")

    def read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            part = self.sock.recv(1 << 16)
            assert part, f"ended after {len(got)} bytes of {size}"
            got += part
        return got


def python_server(port: int, path: str, ready: int) -> None:
    """A server as one writes it in Python: one connection, one file."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        os.write(ready, b"x")
        sock, _ = listener.accept()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        sock.recv(4096)
        sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        with open(path, "rb") as file:
            sock.sendfile(file)


class Servers(Case):
    def setUp(self) -> None:
        super().setUp()
        self.root = f"{self.fs('ext4')}/www"
        os.makedirs(self.root, exist_ok=True)
        self.path = f"{self.root}/image.iso"
        self.data = make_file(self.path, PAGES * PAGE)
        self.addCleanup(shutil.rmtree, self.root)

    def end(self, proc: subprocess.Popen) -> None:
        proc.send_signal(signal.SIGTERM)
        proc.wait()

    def nginx(self) -> tuple[Did, SlowClient]:
        conf = "/tmp/pf-nginx"
        os.makedirs(conf, exist_ok=True)
        with open(f"{conf}/conf", "w", encoding="ascii") as file:
            file.write(NGINX.format(dir=conf, port=8080, root=self.root))
        proc = subprocess.Popen(["nginx", "-c", f"{conf}/conf"], stdin=subprocess.DEVNULL)
        self.addCleanup(self.end, proc)
        client = SlowClient(8080, "/image.iso")
        self.addCleanup(client.sock.close)
        client.wait_all_sent(PAGES * PAGE)
        return Did(proc.pid, proc.pid, "nginx"), client

    def python(self) -> tuple[Did, SlowClient]:
        """In a process of its own, named as such a server is."""
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            with open("/proc/self/comm", "w", encoding="ascii") as name:
                name.write("python3")
            python_server(8081, self.path, writing)
            os._exit(0)
        os.read(reading, 1)
        os.close(reading)
        os.close(writing)
        self.addCleanup(os.waitpid, pid, 0)
        client = SlowClient(8081, "/image.iso")
        self.addCleanup(client.sock.close)
        client.wait_all_sent(PAGES * PAGE)
        return Did(pid, pid, "python3"), client

    def rewrite(self) -> Did:
        """dd of three blocks of a page over pages 20 to 22."""
        with open("/tmp/pf-new", "wb") as file:
            file.write(invert(self.data[20 * PAGE:23 * PAGE]))
        proc = subprocess.Popen(
            ["dd", "if=/tmp/pf-new", f"of={self.path}", f"bs={PAGE}", "seek=20", "count=3",
             "conv=notrunc", "status=none"], stdin=subprocess.DEVNULL)
        self.assertEqual(proc.wait(), 0)
        return Did(proc.pid, proc.pid, "dd")

    def with_dd(self, server: Did, client: SlowClient) -> None:
        writer = self.rewrite()
        found = self.watch.collect()
        self.assertEqual(len(found), 3, found)  # dd writes three times
        for i, incident in enumerate(found):
            page = (20 + i) * PAGE
            self.assertEqual(len(incident["ranges"]), 1, incident)
            self.expect(incident, {
                "verdict": "corrupt",
                "writer": {"pid": writer.pid, "comm": writer.comm, "how": "write"},
                "sender": {"pid": server.pid, "comm": server.comm, "how": "sendfile"},
                "connection": {"src": client.src, "dst": client.dst},
                "file": {"path": self.path},
                "stream": {"offset": client.head + page, "length": PAGE},
            }, [(page, PAGE)])
        got = client.read(PAGES * PAGE)
        self.assertEqual(changed(self.data, got), [(20 * PAGE, 3 * PAGE)])

    def without(self, client: SlowClient) -> None:
        self.assertEqual(client.read(PAGES * PAGE), self.data)
        self.assertEqual(self.watch.collect(), [])

    def test_nginx_and_dd(self) -> None:
        self.with_dd(*self.nginx())

    def test_nginx_alone(self) -> None:
        self.without(self.nginx()[1])

    def test_python_sendfile_and_dd(self) -> None:
        self.with_dd(*self.python())

    def test_python_sendfile_alone(self) -> None:
        self.without(self.python()[1])

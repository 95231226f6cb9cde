# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The servers, each with its switch on and off. A function starts one and returns the reader."""
import contextlib
import ftplib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import smb
from guest import sh, until
from stalled import ProgramReader, SocketReader, http

ROOT, RUN = "/mnt/ext4/www", "/run/servers"
GROUP = "/sys/fs/cgroup/servers"  # where price.py counts, if it has made it
JDK = "/usr/lib/jvm/default-java/bin"  # no alternatives are set up in the machine
PORT = {"nginx": 8001, "apache": 8002, "lighttpd": 8003, "vsftpd": 8004, "proftpd": 8005,
        "haproxy": 8006, "java": 8007, "python": 8008, "tls": 8009}


@contextlib.contextmanager
def daemon(*argv: str, env: dict | None = None) -> Iterator[subprocess.Popen]:
    if os.path.isdir(GROUP):
        argv = ("sh", "-c", f'echo $$ > {GROUP}/cgroup.procs && exec "$@"', "sh", *argv)
    with open(f"{RUN}/log", "ab") as log:
        proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                env=os.environ | (env or {}), start_new_session=True)
    try:
        yield proc
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(proc.pid, signal.SIGKILL)
        proc.wait()


def config(name: str, text: str) -> str:
    os.makedirs(RUN, exist_ok=True)
    path = f"{RUN}/{name}"
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def listens(port: int) -> None:
    until(lambda: bool(sh(f"ss -Hltn 'sport = :{port}'").strip()), f"port {port} listens")


def nginx_config(how: str, tls: str = "") -> str:
    temps = "".join(f"{what}_temp_path {RUN};" for what in
                    ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    listen = f"127.0.0.1:{PORT['tls']} ssl http2; {tls}" if tls else f"127.0.0.1:{PORT['nginx']};"
    return config("nginx.conf", f"""
daemon off; master_process off; user root; pid {RUN}/nginx.pid; error_log stderr;
events {{ worker_connections 16; }}
http {{
	access_log off; sendfile_max_chunk 0; {temps} {how}
	server {{ listen {listen} root {ROOT}; }}
}}
""")


@contextlib.contextmanager
def nginx(how: str) -> Iterator[SocketReader]:
    with daemon("nginx", "-c", nginx_config(how)):
        yield http(PORT["nginx"])


@contextlib.contextmanager
def nginx_tls(how: str) -> Iterator[ProgramReader]:
    sh(f"cd {RUN} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
       "-subj /CN=localhost -keyout key -out cert 2>&1")
    path = nginx_config(how, f"ssl_certificate {RUN}/cert; ssl_certificate_key {RUN}/key;")
    with daemon("nginx", "-c", path):
        listens(PORT["tls"])
        yield ProgramReader(["curl", "-skN", "--http2", f"https://127.0.0.1:{PORT['tls']}/file"],
                            PORT["tls"])


@contextlib.contextmanager
def apache(how: str) -> Iterator[SocketReader]:
    modules = "/usr/lib/apache2/modules"
    path = config("apache.conf", f"""
ServerRoot {RUN}
ServerName localhost
Listen 127.0.0.1:{PORT['apache']}
PidFile {RUN}/apache.pid
ErrorLog {RUN}/apache.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
User www-data
Group www-data
StartServers 1
DocumentRoot {ROOT}
{how}
""")
    with daemon("apache2", "-X", "-f", path):
        yield http(PORT["apache"])


@contextlib.contextmanager
def lighttpd(how: str) -> Iterator[SocketReader]:
    path = config("lighttpd.conf", f"""
server.document-root = "{ROOT}"
server.port = {PORT['lighttpd']}
server.bind = "127.0.0.1"
server.network-backend = "{how}"
""")
    with daemon("lighttpd", "-D", "-f", path):
        yield http(PORT["lighttpd"])


def ftp(port: int) -> SocketReader:
    listens(port)
    control = ftplib.FTP()
    control.connect("127.0.0.1", port, timeout=120)
    control.login("anonymous", "x@y")
    control.voidcmd("TYPE I")
    data = control.transfercmd("RETR file")
    reader = SocketReader(data)
    reader.control = control  # it ends with the reader
    return reader


def user_ftp() -> None:
    with open("/etc/passwd", "r+", encoding="ascii") as users:
        if "\nftp:" not in users.read():
            users.write(f"ftp:x:110:65534::{ROOT}:/usr/sbin/nologin\n")


@contextlib.contextmanager
def vsftpd(how: str) -> Iterator[SocketReader]:
    user_ftp()
    os.makedirs("/var/run/vsftpd/empty", exist_ok=True)
    path = config("vsftpd.conf", f"""listen=YES
listen_address=127.0.0.1
listen_port={PORT['vsftpd']}
background=NO
anonymous_enable=YES
local_enable=NO
anon_root={ROOT}
seccomp_sandbox=NO
use_sendfile={how}
""")
    with daemon("vsftpd", path):
        yield ftp(PORT["vsftpd"])


@contextlib.contextmanager
def proftpd(how: str) -> Iterator[SocketReader]:
    user_ftp()
    path = config("proftpd.conf", f"""ServerType standalone
DefaultServer on
Port {PORT['proftpd']}
DefaultAddress 127.0.0.1
UseIPv6 off
UseReverseDNS off
User nobody
Group nogroup
PidFile {RUN}/proftpd.pid
ScoreboardFile {RUN}/proftpd.score
DelayTable none
SystemLog {RUN}/proftpd.log
TransferLog none
WtmpLog off
AuthOrder mod_auth_unix.c
RequireValidShell off
UseSendfile {how}
<Anonymous {ROOT}>
  User ftp
  Group nogroup
  UserAlias anonymous ftp
  RequireValidShell off
</Anonymous>
""")
    with daemon("proftpd", "-n", "-c", path):
        yield ftp(PORT["proftpd"])


# A client with the default of 8 MiB reads all of the file before it writes any of it.
@contextlib.contextmanager
def samba(how: str) -> Iterator[ProgramReader]:
    fifo, state = f"{RUN}/fifo", f"{RUN}/smb"
    sh(f"mkdir -p {state} && rm -f {fifo} && mkfifo {fifo}")
    path = config("smb.conf", smb.config(ROOT, state, f"smb2 max read = 65536\n{how}"))
    with daemon("smbd", "--foreground", "--no-process-group", f"--configfile={path}"):
        listens(445)
        yield ProgramReader(["smbclient", "-N", "-s", path, "//127.0.0.1/shared",
                             "-c", f"get file {fifo}"], 445, fifo)


@contextlib.contextmanager
def haproxy(how: str) -> Iterator[SocketReader]:
    path = config("haproxy.conf", f"""
defaults
	mode http
	timeout connect 100s
	timeout client 1000s
	timeout server 1000s
	{how}
frontend front
	bind 127.0.0.1:{PORT['haproxy']}
	default_backend back
backend back
	server nginx 127.0.0.1:{PORT['nginx']}
""")
    with daemon("nginx", "-c", nginx_config("sendfile on;")):
        listens(PORT["nginx"])
        with daemon("haproxy", "-db", "-f", path):
            yield http(PORT["haproxy"])


JAVA = """
import java.io.*; import java.net.*; import java.nio.*; import java.nio.channels.*; import java.nio.file.*;
class Server {
	public static void main(String[] args) throws Exception {
		ServerSocketChannel listener = ServerSocketChannel.open();
		listener.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
		SocketChannel peer = listener.accept();
		peer.read(ByteBuffer.allocate(4096));
		peer.write(ByteBuffer.wrap("HTTP/1.0 200 OK\\r\\n\\r\\n".getBytes()));
		FileChannel file = FileChannel.open(Path.of(args[1]), StandardOpenOption.READ);
		long at = 0;
		if (args[2].equals("transferTo"))
			while (at < file.size()) at += file.transferTo(at, file.size() - at, peer);
		else {
			ByteBuffer buffer = ByteBuffer.allocate(65536);
			while (file.read(buffer) >= 0) { buffer.flip(); while (buffer.hasRemaining()) peer.write(buffer); buffer.clear(); }
		}
		peer.close();
	}
}
"""


@contextlib.contextmanager
def java(how: str) -> Iterator[SocketReader]:
    if not os.path.exists(f"{RUN}/Server.class"):
        sh(f"{JDK}/javac -d {RUN} {config('Server.java', JAVA)}")
    with daemon(f"{JDK}/java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", RUN, "Server",
                str(PORT["java"]), f"{ROOT}/file", how):
        listens(PORT["java"])
        yield http(PORT["java"])


PYTHON = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
peer, _ = listener.accept()
peer.recv(4096)
peer.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n")
with open(sys.argv[2], "rb") as file:
    if sys.argv[3] == "sendfile":
        peer.sendfile(file)
    else:
        while part := file.read(1 << 16):
            peer.sendall(part)
"""


@contextlib.contextmanager
def python(how: str) -> Iterator[SocketReader]:
    with daemon("python3", "-c", PYTHON, str(PORT["python"]), f"{ROOT}/file", how):
        listens(PORT["python"])
        yield http(PORT["python"])


# Server, switch, who sends, how it is started with what. HAProxy hands on the pages that it got.
SERVERS = [
    ("nginx", "sendfile on", "nginx", nginx, "sendfile on; tcp_nopush on;"),
    ("nginx", "sendfile on, aio threads", "nginx", nginx, "sendfile on; aio threads;"),
    ("nginx", "sendfile off", "nginx", nginx, "sendfile off;"),
    ("nginx", "sendfile on, HTTP/2 over TLS", "nginx", nginx_tls, "sendfile on;"),
    ("Apache", "EnableSendfile On", "apache2", apache, "EnableSendfile On"),
    ("Apache", "EnableSendfile Off", "apache2", apache, "EnableSendfile Off"),
    ("lighttpd", "sendfile", "lighttpd", lighttpd, "sendfile"),
    ("lighttpd", "writev", "lighttpd", lighttpd, "writev"),
    ("vsftpd", "use_sendfile=YES", "vsftpd", vsftpd, "YES"),
    ("vsftpd", "use_sendfile=NO", "vsftpd", vsftpd, "NO"),
    ("proftpd", "UseSendfile on", "proftpd", proftpd, "on"),
    ("proftpd", "UseSendfile off", "proftpd", proftpd, "off"),
    ("Samba", "use sendfile = yes, aio read size at its default", "smbd", samba,
     "use sendfile = yes"),
    ("Samba", "use sendfile = yes, aio read size = 0", "smbd", samba,
     "use sendfile = yes\naio read size = 0"),
    ("Samba", "use sendfile = no, aio read size = 0", "smbd", samba,
     "use sendfile = no\naio read size = 0"),
    ("HAProxy to nginx", "option splice-response", "nginx haproxy", haproxy, "option splice-response"),
    ("HAProxy to nginx", "no splice", "nginx", haproxy, "no option splice-response"),
    ("Java", "FileChannel.transferTo()", "java", java, "transferTo"),
    ("Java", "read() and write()", "java", java, "read"),
    ("Python", "socket.sendfile()", "python3", python, "sendfile"),
    ("Python", "read() and sendall()", "python3", python, "read"),
]

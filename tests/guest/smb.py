# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An SMB server on this host, and a mount of what it serves: its files are the server's, the pages
that a sender takes and a writer changes are the client's. Started when a test first asks for it,
since that takes seconds."""
import socket
import subprocess

from guest import MOUNTS, sh, until

SHARED, STATE = f"{MOUNTS}/ext4/shared", "/run/smb"


def config(share: str, state: str, more: str = "") -> str:
    """Of a server with one share. `more` is put into the section [global]."""
    return f"""[global]
server role = standalone server
interfaces = lo
bind interfaces only = yes
disable netbios = yes
smb ports = 445
guest account = root
map to guest = Bad User
load printers = no
private dir = {state}
lock directory = {state}
state directory = {state}
cache directory = {state}
pid directory = {state}
ncalrpc dir = {state}/rpc
log file = {state}/log
{more}
[shared]
path = {share}
read only = no
guest ok = yes
force user = root
"""


def listening() -> bool:
    with socket.socket() as sock:
        return not sock.connect_ex(("127.0.0.1", 445))


def mount(where: str) -> None:
    """Nothing if this kernel does not have the client."""
    if subprocess.run(["modprobe", "-q", "cifs"], check=False).returncode:
        return
    sh(f"mkdir -p {SHARED} {STATE} {where}")
    with open(f"{STATE}/config", "w", encoding="ascii") as file:
        file.write(config(SHARED, STATE))
    sh(f"smbd --daemon --configfile={STATE}/config")
    until(listening, "a server")
    sh(f"mount -i -t cifs -o ip=127.0.0.1,sec=none //127.0.0.1/shared {where}")

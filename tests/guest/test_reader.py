# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Readers on this host whose connection does not show it at its first page: whatever is acknowledged
and not read when it is overwritten arrives wrong, and is reported."""
import os
import socket
import subprocess
import threading

from case import Case, Watch
from guest import (DEADLINE, PAGE, Flow, Ranges, address, changed, do_write, file_ranges, invert,
                   make_file, merged, netns, pattern, run_as, send_file, sh, until, waiting)
from memory import private, send_zerocopy, wait_notified

MODULES = ("veth", "dummy", "bridge", "macvlan", "ipvlan", "8021q", "bonding", "vxlan", "nf_tables",
           "nft_chain_nat", "nft_redir", "nft_nat", "nft_tproxy")
SPACES = ("pf-a", "pf-b", "pf-m")
# Networks between pf-a and pf-b: network n has the addresses 10.77.n.1 and 10.77.n.2.
NETWORKS = {"veth": ("ve-a", "ve-b"), "bridge": ("br-a", "br-b"), "macvlan": ("mac-a", "mac-b"),
            "ipvlan": ("ip-a", "ip-b"), "vlan": ("vlan-a", "vlan-b"), "bond": ("bond-a", "bo-b"),
            "vxlan": ("vx-a", "vx-b")}
MAC = {"a": "02:00:00:00:00:01", "b": "02:00:00:00:00:02"}
KEY = "0123456789abcdef" * 2
# Commands of ip(8), in a namespace.
MAKE: dict[str | None, list[str]] = {
    None: [f"netns add {space}" for space in SPACES] + [
        f"link add {a} netns {here} type veth peer name {b} netns {there}"
        for a, here, b, there in (("ve-a", "pf-a", "ve-b", "pf-b"), ("bo-a", "pf-a", "bo-b", "pf-b"),
                                  ("br-a", "pf-a", "br-ma", "pf-m"),
                                  ("br-b", "pf-b", "br-mb", "pf-m"))],
    "pf-m": [
        "link add name bridge type bridge", "link set dev bridge up",
        "link set dev br-ma master bridge up", "link set dev br-mb master bridge up",
        "link add name below-mac type dummy", "link set dev below-mac up",
        "link add name below-ip type dummy", "link set dev below-ip up",
        *(f"link add link below-mac name mac-{i} netns pf-{i} type macvlan mode bridge" for i in "ab"),
        *(f"link add link below-ip name ip-{i} netns pf-{i} type ipvlan mode l2" for i in "ab")],
    "pf-a": [
        f"link set dev ve-a address {MAC['a']}",
        "link add link ve-a name vlan-a type vlan id 5",
        "link add name vx-a type vxlan id 7 remote 10.77.0.2 dstport 4789 dev ve-a",
        "link add name bond-a type bond mode active-backup miimon 100",
        "link set dev bo-a master bond-a"],
    "pf-b": [
        f"link set dev ve-b address {MAC['b']}",
        "link add link ve-b name vlan-b type vlan id 5",
        "link add name vx-b type vxlan id 7 remote 10.77.0.1 dstport 4789 dev ve-b"],
}
for end, there in enumerate(("pf-a", "pf-b")):
    MAKE[there].append("link set dev lo up")
    for net, pair in enumerate(NETWORKS.values()):
        MAKE[there] += [f"addr add 10.77.{net}.{end + 1}/24 dev {pair[end]}",
                        f"link set dev {pair[end]} up"]
CLEAN = "; ".join(f"ip netns del {space} 2> /dev/null" for space in SPACES) + "; true"
HERE, THERE, NOWHERE = "10.77.0.1", "10.77.0.2", "10.99.0.1"
SO_BINDTODEVICE, SO_MARK, IP_TRANSPARENT, IPV6_TCLASS, TCP_DEFER_ACCEPT = 25, 36, 19, 67, 9
# What makes a socket forget its route, so that its first page finds none.
OPTIONS: dict[str, tuple[str, int, int, int | bytes]] = {
    "IP_TOS": ("127.0.0.1", socket.IPPROTO_IP, socket.IP_TOS, 8),
    "SO_MARK": ("127.0.0.1", socket.SOL_SOCKET, SO_MARK, 5),
    "SO_BINDTODEVICE": ("127.0.0.1", socket.SOL_SOCKET, SO_BINDTODEVICE, b"lo\0"),
    "IPV6_TCLASS": ("::1", socket.IPPROTO_IPV6, IPV6_TCLASS, 8),
}
OUTPUT = ("add table ip nat", "add chain ip nat out { type nat hook output priority -100; }")
LOST = 6  # retransmissions after which a packet is lost for good
BUSY = 20  # connections
SIZE, OFF, LEN = 12 * PAGE, PAGE + 5, 3 * PAGE


class Ends(Flow):
    """A connection of two sockets that are there."""

    def __init__(self, tx: socket.socket, rx: socket.socket):  # pylint: disable=super-init-not-called
        self.tx, self.rx = tx, rx
        self.src, self.dst = address(tx.getsockname()), address(tx.getpeername())
        rx.settimeout(DEADLINE)


def listener(space: str | None, host: str, port: int = 0,
             option: tuple[int, int, int] | None = None) -> socket.socket:
    with netns(space):
        sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if option:
        sock.setsockopt(*option)
    sock.bind((host, port))
    sock.listen(1)
    return sock


def joined(server: socket.socket, space: str | None, to: tuple[str, int],
           source: tuple[str, int] | None = None) -> Ends:
    """Connect to an address behind which the server is."""
    with netns(space):
        tx = socket.socket()
    if source:
        tx.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tx.bind(source)
    tx.settimeout(DEADLINE)
    tx.connect(to)
    tx.settimeout(None)
    flow = Ends(tx, server.accept()[0])
    server.close()
    return flow


class Reader(Case):
    @classmethod
    def setUpClass(cls) -> None:
        subprocess.run(["modprobe", "-qa", *MODULES], check=False)
        sh(CLEAN)
        cls.addClassCleanup(sh, CLEAN)
        for space, commands in MAKE.items():
            cls.ip(space, *commands)

    @staticmethod
    def ip(space: str | None, *commands: str) -> None:
        where = f"-n {space}" if space else ""
        sh(f"ip {where} -batch - << end\n" + "\n".join(commands) + "\nend")

    def setUp(self) -> None:
        super().setUp()
        self.path = f"{self.fs('ext4')}/reader"

    def nft(self, space: str, *rules: str) -> None:
        """Set the rules of a namespace, for this test."""
        self.addCleanup(sh, f"ip netns exec {space} nft flush ruleset")
        sh(f"ip netns exec {space} nft -f - << end\n" + "\n".join(rules) + "\nend")

    def send(self, tx: socket.socket) -> bytes:
        data = make_file(self.path, SIZE)
        run_as("pf-sender", send_file, tx, self.path, 0, SIZE)
        return data

    def overwrite(self, flow: Flow, data: bytes) -> None:
        """Everything has arrived and nothing is read when it is overwritten."""
        flow.wait_acked()
        until(lambda: waiting(flow.rx) >= SIZE, "arrived")
        run_as("pf-writer", do_write, self.path, OFF, invert(data[OFF:OFF + LEN]))

    def check(self, flow: Flow, data: bytes) -> None:
        """All that arrives wrong is in the incidents, and is certain."""
        self.overwrite(flow, data)
        found = self.watch.collect()
        wrong = changed(data, flow.read(SIZE))
        flow.close()
        os.unlink(self.path)
        said: Ranges = merged([r for incident in found for r in file_ranges(incident)])
        self.assertEqual(wrong, [(OFF, LEN)], "the reader did not get the very pages")
        self.assertEqual(said, wrong, f"missed, or too much: {found}")
        for incident in found:
            self.expect(incident, {"verdict": "corrupt", "evidence_lost": False,
                                   "connection": {"src": flow.src, "local": True}})

    def test_options_before_the_first_page(self) -> None:
        for name, (host, *option) in OPTIONS.items():
            with self.subTest(name):
                flow = Flow(host)
                flow.tx.setsockopt(*option)
                self.check(flow, self.send(flow.tx))

    def test_devices(self) -> None:
        """Devices that pass the pages on, and devices on top of them, with a route and without."""
        for net, name in enumerate(NETWORKS):
            for tos in (0, 8):
                with self.subTest(name, tos=tos):
                    flow = Flow(f"10.77.{net}.2", tx_netns="pf-a", rx_netns="pf-b")
                    flow.tx.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
                    self.check(flow, self.send(flow.tx))

    def test_device_that_copies(self) -> None:
        """A device on top of one that passes pages on, which itself copies: the reader has its own
        bytes. What is said holds for both."""
        if subprocess.run(["modprobe", "-q", "macsec"], check=False).returncode:
            self.skipTest("module macsec")
        for a, b, i in (("a", "b", 1), ("b", "a", 2)):
            self.ip(f"pf-{a}", f"link add link ve-{a} name sec-{a} type macsec encrypt off",
                    f"macsec add sec-{a} tx sa 0 pn 1 on key 00 {KEY}",
                    f"macsec add sec-{a} rx port 1 address {MAC[b]}",
                    f"macsec add sec-{a} rx port 1 address {MAC[b]} sa 0 pn 1 on key 00 {KEY}",
                    f"addr add 10.78.0.{i}/24 dev sec-{a}", f"link set dev sec-{a} up")
        flow = Flow("10.78.0.2", tx_netns="pf-a", rx_netns="pf-b")
        data = self.send(flow.tx)
        # macsec of 6.18 loses packets whose bytes are in pages, whether anybody watches or not.
        until(lambda: waiting(flow.rx) >= SIZE or flow.resends() >= LOST, "arrived")
        if waiting(flow.rx) < SIZE:
            self.skipTest("macsec of this kernel loses these packets")
        self.overwrite(flow, data)
        incident = self.incident()
        self.expect(incident, {"verdict": "possible", "reason": "in-host", "phase": "held",
                               "connection": {"local": None}}, [(OFF, LEN)])
        self.assertEqual(flow.read(SIZE), data)
        flow.close()

    def test_no_reader_yet(self) -> None:
        """The reader gets its socket when data arrive, after the first page was sent."""
        server = listener(None, "127.0.0.1", option=(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, 30))
        tx = socket.create_connection(server.getsockname())
        data = self.send(tx)
        flow = Ends(tx, server.accept()[0])
        server.close()
        self.check(flow, data)

    def test_no_file_yet(self) -> None:
        """The readers were connected before the start, one in another namespace, and are not accepted:
        no file shows them."""
        spaces = ("pf-a", None)
        servers = [listener(space, "127.0.0.1") for space in spaces]
        senders = []
        for space, server in zip(spaces, servers):
            with netns(space):
                senders.append(socket.socket())
            senders[-1].connect(server.getsockname())
        self.watch = Watch("--settle", "600", "--content", "off")
        for tx, server in zip(senders, servers):
            data = self.send(tx)
            self.check(Ends(tx, server.accept()[0]), data)
            server.close()
        self.assertEqual(self.watch.stop()["losses"]["readers_unfound"], 0)

    def test_busy_while_it_starts(self) -> None:
        """Connections send pages, which are acknowledged, while the hooks are attached one by one."""
        make_file(self.path, SIZE)
        flows = [Flow() for _ in range(BUSY)]
        started = threading.Event()

        def serve() -> None:
            while not started.is_set():
                for flow in flows:
                    send_file(flow.tx, self.path, 0, PAGE)
                    flow.read(PAGE)

        server = threading.Thread(target=serve)
        server.start()
        try:
            self.watch = Watch("--settle", "600", "--content", "off")
        finally:
            started.set()
            server.join()
        for flow in flows:
            self.check(flow, self.send(flow.tx))
        self.assertEqual(self.watch.stop()["losses"]["readers_unfound"], 0)

    def test_zerocopy(self) -> None:
        """The reader is on this host, and gets a copy, which the kernel makes as a packet arrives."""
        self.watch = Watch("--settle", "600", "--content", "edges")
        flow = Flow(rcvbuf=PAGE)
        fill = bytes(16 * PAGE)  # more than the window takes
        flow.tx.sendall(fill)
        mem = private(pattern(4 * PAGE))
        send_zerocopy(flow.tx, mem)
        mem[OFF:OFF + 10] = invert(mem[OFF:OFF + 10])
        self.assertEqual(flow.read(len(fill)), fill)
        self.assertEqual(flow.read(4 * PAGE), mem[:])
        wait_notified(flow.tx, 4)
        self.expect(self.incident(), {"verdict": "possible", "reason": "unseen", "file": None,
                                      "connection": {"src": flow.src, "local": True}})
        flow.close()
        self.watch.stop()

    def test_route_comes_back(self) -> None:
        """No route leads to the peer when the first page is sent, and then one does again."""
        flow = Flow(THERE, tx_netns="pf-a", rx_netns="pf-b")
        sh("ip -n pf-a route del 10.77.0.0/24")
        flow.tx.sendall(b"x")  # finds no route, and drops the one that it had
        data = self.send(flow.tx)
        sh(f"ip -n pf-a route add 10.77.0.0/24 dev ve-a src {HERE}")
        self.assertEqual(flow.read(1), b"x")
        self.check(flow, data)

    def test_one_tuple_in_two_namespaces(self) -> None:
        ours, theirs = ("127.0.0.1", 7101), ("127.0.0.1", 7102)
        flows = [joined(listener(space, *theirs), space, theirs, ours) for space in ("pf-a", "pf-b")]
        for flow in flows:
            self.check(flow, self.send(flow.tx))

    def test_redirected(self) -> None:
        """Address translation to a port of this host."""
        server = listener("pf-a", "127.0.0.1")
        self.nft("pf-a", *OUTPUT, "add rule ip nat out tcp dport 81 redirect to "
                                  f":{server.getsockname()[1]}")
        flow = joined(server, "pf-a", (HERE, 81))
        self.check(flow, self.send(flow.tx))

    def test_translated(self) -> None:
        """Address translation, and a reader in another namespace."""
        server = listener("pf-b", "0.0.0.0")
        sh(f"ip -n pf-a route replace default via {THERE}")
        self.nft("pf-a", *OUTPUT, f"add rule ip nat out ip daddr {NOWHERE} tcp dport 81 "
                                  f"dnat to {THERE}:{server.getsockname()[1]}")
        flow = joined(server, "pf-a", (NOWHERE, 81))
        flow.tx.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 8)
        self.check(flow, self.send(flow.tx))

    def test_transparent_proxy(self) -> None:
        server = listener("pf-b", "0.0.0.0", option=(socket.SOL_IP, IP_TRANSPARENT, 1))
        sh(f"ip -n pf-a route replace default via {THERE}; "
           "ip -n pf-b rule add fwmark 1 lookup 100; "
           "ip -n pf-b route add local 0.0.0.0/0 dev lo table 100; "
           "ip netns exec pf-b sysctl -qw net.ipv4.conf.all.rp_filter=0 "
           "net.ipv4.conf.ve-b.rp_filter=0 net.ipv4.ip_forward=1")
        self.nft("pf-b", "add table ip proxy",
                 "add chain ip proxy pre { type filter hook prerouting priority mangle; }",
                 "add rule ip proxy pre tcp dport 81 "
                 f"tproxy to :{server.getsockname()[1]} meta mark set 1 accept")
        flow = joined(server, "pf-a", (NOWHERE, 81))
        self.check(flow, self.send(flow.tx))

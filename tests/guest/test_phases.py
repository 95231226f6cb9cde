# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""queued, sent, held: between two network namespaces on a connection with a long delay."""
import os

from case import Case
from guest import PAGE, Flow, do_write, invert, make_file, run_as, send_file, sh

SETUP = """
set -e
ip netns add pf-a; ip netns add pf-b
ip link add pf-a netns pf-a type veth peer name pf-b netns pf-b
ip -n pf-a addr add 10.78.0.1/24 dev pf-a; ip -n pf-a link set pf-a up
ip -n pf-b addr add 10.78.0.2/24 dev pf-b; ip -n pf-b link set pf-b up
"""
CLEAN = "ip netns del pf-a 2> /dev/null; ip netns del pf-b 2> /dev/null; true"
DELAY = "ip netns exec pf-a tc qdisc add dev pf-a root netem delay 200s"
NO_DELAY = "ip netns exec pf-a tc qdisc del dev pf-a root"
FIRST, ALL = 4, 200  # pages


class Phases(Case):
    def setUp(self) -> None:
        super().setUp()
        sh(CLEAN)
        sh(SETUP)
        self.addCleanup(sh, CLEAN)

    def test_held_sent_and_queued(self) -> None:
        """Four pages arrive and are not read, the next get stuck in the queue of the device, and
        the last wait for the window of the connection. The reader, in another namespace of this
        host, gets the new bytes of each."""
        path = f"{self.fs('ext4')}/phases"
        data = make_file(path, ALL * PAGE)
        self.addCleanup(os.unlink, path)
        flow = Flow("10.78.0.2", tx_netns="pf-a", rx_netns="pf-b")
        self.addCleanup(flow.close)
        send_file(flow.tx, path, 0, FIRST * PAGE)
        flow.wait_acked()
        sh(DELAY)
        send_file(flow.tx, path, FIRST * PAGE, (ALL - FIRST) * PAGE)

        netns = os.stat("/run/netns/pf-a").st_ino
        want = bytearray(data)
        for page, phase in ((1, "held"), (FIRST, "sent"), (ALL - 1, "queued")):
            off = page * PAGE + 5
            want[off:off + 10] = invert(data[off:off + 10])
            run_as("pf-writer", do_write, path, off, bytes(want[off:off + 10]))
            found = self.watch.collect()
            self.assertEqual(len(found), 1, (phase, found))
            self.expect(found[0], {
                "phase": phase,
                "verdict": "corrupt",
                "connection": {"netns": netns, "src": flow.src},
                "stream": {"offset": off, "length": 10},
            })
        sh(NO_DELAY)
        self.assertEqual(flow.read(ALL * PAGE), bytes(want))

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_end - every way in which a page stops being in flight, and that nothing
 * is left behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

/*
 * A reader with a small buffer takes one page after the other: after k pages
 * have been read, exactly k are released, however the acknowledgements fall.
 */
TEST(released_page_by_page, .pages = 48, .flow.rcvbuf = 24 << 10,
     .ends = { COUNT(acked, 48), COUNT(aborted, 0) })
{
	flow_sendfile(t->tx, t->file, 0, PAGES(48));
	counts_are(attached, 48);
	assert_int_equal(counts_in_flight(), 48);
	for (counts_t k = 1; k <= 48; k++) {
		flow_read(t->rx, PAGES(1), PAGES(k - 1));
		counts_reach(released, k);
		assert_int_equal(counts_in_flight(), 48 - k);
	}
}

/* Half a page read: the page is still in flight. */
TEST(half_read_page_is_held, .pages = 2)
{
	flow_sendfile(t->tx, t->file, 0, PAGES(2));
	flow_wait_acked(t->tx);
	flow_read(t->rx, PAGES(1) + 1, 0);
	counts_reach(released, 1);
	counts_are(acked, 2);
	assert_int_equal(counts_in_flight(), 1);
	flow_read(t->rx, PAGES(1) - 1, PAGES(1) + 1);
	counts_reach(released, 2);
}

/* More than the reader's buffer takes; the sender resets the connection. */
TEST(reset_with_data_queued, .pages = 48, .flow.rcvbuf = 24 << 10,
     .ends = { COUNT(attached, 48), COUNT_OR_MORE(aborted, 1) })
{
	flow_sendfile(t->tx, t->file, 0, PAGES(48));
	counts_are(attached, 48);
	flow_reset(&t->tx);
}

/* The process has closed its socket, but the kernel still sends from it. */
TEST(close_then_read, .pages = 48, .flow.rcvbuf = 24 << 10,
     .ends = { COUNT(acked, 48), COUNT(aborted, 0) })
{
	flow_sendfile(t->tx, t->file, 0, PAGES(48));
	flow_close_one(&t->tx);
	assert_int_equal(counts_in_flight(), 48);
	flow_read(t->rx, PAGES(48), 0);
	assert_int_equal(flow_read_to_end(t->rx), 0);
	counts_reach(released, 48);
}

/*
 * All acknowledged and both ends of the sender closed in order: the sending
 * socket is destroyed, but the reader's queue still holds the pages.
 */
TEST(held_after_the_sender_is_gone, .pages = 23, .flow.rcvbuf = 1 << 20,
     .ends = { COUNT(aborted, 0) })
{
	flow_sendfile(t->tx, t->file, 0, PAGES(23));
	flow_wait_acked(t->tx);
	assert_int_equal(shutdown(t->rx, SHUT_WR), 0);
	flow_close_one(&t->tx);
	counts_are(acked, 23);
	counts_are(released, 0);
	assert_int_equal(counts_in_flight(), 23);
	flow_read(t->rx, PAGES(23), 0);
	counts_reach(released, 23);
}

/* A reader that closes with everything unread resets the connection. */
TEST(reader_closes_without_reading, .pages = 48, .flow.rcvbuf = 24 << 10,
     .ends = { COUNT(attached, 48), COUNT_OR_MORE(aborted, 1) })
{
	flow_sendfile(t->tx, t->file, 0, PAGES(48));
	flow_close_one(&t->rx);
	counts_flying(0);
}

static void run(const char *command)
{
	if (system(command))
		fail_msg("failed: %s", command);
}

static void add_namespaces(void)
{
	run("ip netns del pf-tx 2> /dev/null; ip netns del pf-rx 2> /dev/null; true");
	run("ip netns add pf-tx && ip netns add pf-rx");
	run("ip link add pf-veth0 netns pf-tx mtu 9000 type veth "
	    "peer name pf-veth1 netns pf-rx mtu 9000");
	run("ip -n pf-tx addr add 10.77.0.1/24 dev pf-veth0 && ip -n pf-tx link set pf-veth0 up");
	run("ip -n pf-rx addr add 10.77.0.2/24 dev pf-veth1 && ip -n pf-rx link set pf-veth1 up");
}

static void delete_namespaces(void)
{
	run("ip netns del pf-tx && ip netns del pf-rx");
}

/* Between two network namespaces; the reader is still on this host. */
TEST(two_network_namespaces, .pages = 23, .before = add_namespaces, .after = delete_namespaces,
     .flow = { .tx_netns = "pf-tx", .rx_netns = "pf-rx", .rx_addr = "10.77.0.2",
	       .rcvbuf = 1 << 20 },
     .ends = { COUNT(aborted, 0) })
{
	flow_sendfile(t->tx, t->file, 0, PAGES(23));
	counts_are(attached, 23);
	flow_wait_acked(t->tx);
	counts_are(acked, 23);
	counts_are(released, 0);
	assert_int_equal(counts_in_flight(), 23);
	flow_read(t->rx, PAGES(23), 0);
	counts_reach(released, 23);
}

static counts_t sum(const __u64 *slots, const __u64 *base)
{
	counts_t n = 0;
	int i;

	for (i = 0; i < PF_HIST_SLOTS; i++)
		n += slots[i] - base[i];
	return n;
}

/* A lot is sent and read, and nobody writes. Every counter is explained. */
TEST(ten_thousand_quiet_pages, .pages = 1000,
     .ends = { COUNT(attached_bytes, PAGES(10000)), COUNT(aborted, 0), COUNT(user_pages, 0),
	       COUNT(ignored, 0), COUNT(conns, 1), COUNT(writes, 0), COUNT(hits, 0) })
{
	struct pf_totals before, after;
	struct flow_drain d;
	counts_t pieces;

	counts_totals(&before);
	flow_drain_start(&d, t->rx);
	for (int i = 0; i < 10; i++)
		flow_sendfile(t->tx, t->file, 0, PAGES(1000));
	flow_close_one(&t->tx);
	assert_int_equal(flow_drain_join(&d), PAGES(10000));
	fixture_end(t);
	counts_totals(&after);
	/* The window decides where an skb ends, and a page there is two pieces. */
	pieces = counts_get(PF_C_attached);
	assert_true(pieces >= 10000);
	counts_are(acked, pieces);
	counts_are(released, pieces);
	assert_int_equal(sum(after.stats.to_ack, before.stats.to_ack), pieces);
	assert_int_equal(sum(after.stats.to_release, before.stats.to_release), pieces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(released_page_by_page),
		RUN(half_read_page_is_held),
		RUN(reset_with_data_queued),
		RUN(close_then_read),
		RUN(held_after_the_sender_is_gone),
		RUN(reader_closes_without_reading),
		RUN(two_network_namespaces),
		RUN(ten_thousand_quiet_pages),
	};

	return fixture_main("end", tests);
}

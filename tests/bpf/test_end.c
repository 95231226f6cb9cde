// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_end - every way in which a page stops being in flight, and that nothing
 * is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "counts.h"
#include "flow.h"

/*
 * A reader with a small buffer takes one page after the other: after k pages
 * have been read, exactly k are released, however the acknowledgements fall.
 */
static void released_page_by_page(void **state)
{
	const struct flow_opts opts = { .rcvbuf = 24 << 10 };
	int file = flow_file(48 * FLOW_PAGE);
	struct flow f;
	counts_t k;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	flow_sendfile(f.tx, file, 0, 48 * FLOW_PAGE);
	counts_are(attached, 48);
	assert_int_equal(counts_in_flight(), 48);
	for (k = 1; k <= 48; k++) {
		flow_read(f.rx, FLOW_PAGE, (k - 1) * FLOW_PAGE);
		counts_reach(released, k);
		assert_int_equal(counts_in_flight(), 48 - k);
	}
	flow_close(&f);
	counts_all_gone();
	counts_are(acked, 48);
	counts_are(aborted, 0);
	counts_nothing_lost();
	close(file);
}

/* Half a page read: the page is still in flight. */
static void half_read_page_is_held(void **state)
{
	int file = flow_file(2 * FLOW_PAGE);
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, NULL);
	flow_sendfile(f.tx, file, 0, 2 * FLOW_PAGE);
	flow_wait_acked(f.tx);
	flow_read(f.rx, FLOW_PAGE + 1, 0);
	counts_reach(released, 1);
	counts_are(acked, 2);
	assert_int_equal(counts_in_flight(), 1);
	flow_read(f.rx, FLOW_PAGE - 1, FLOW_PAGE + 1);
	counts_reach(released, 2);
	flow_close(&f);
	counts_all_gone();
	counts_nothing_lost();
	close(file);
}

/* More than the reader's buffer takes; the sender resets the connection. */
static void reset_with_data_queued(void **state)
{
	const struct flow_opts opts = { .rcvbuf = 24 << 10 };
	int file = flow_file(48 * FLOW_PAGE);
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	flow_sendfile(f.tx, file, 0, 48 * FLOW_PAGE);
	counts_are(attached, 48);
	flow_reset(&f.tx);
	flow_close(&f);
	counts_all_gone();
	counts_are(attached, 48);
	assert_true(counts_get(PF_C_aborted) > 0);
	counts_nothing_lost();
	close(file);
}

/* The process is done with its socket, the kernel is not. */
static void close_then_read(void **state)
{
	const struct flow_opts opts = { .rcvbuf = 24 << 10 };
	int file = flow_file(48 * FLOW_PAGE);
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	flow_sendfile(f.tx, file, 0, 48 * FLOW_PAGE);
	close(f.tx);
	f.tx = -1;
	assert_int_equal(counts_in_flight(), 48);
	flow_read(f.rx, 48 * FLOW_PAGE, 0);
	assert_int_equal(flow_read_to_end(f.rx), 0);
	counts_reach(released, 48);
	flow_close(&f);
	counts_all_gone();
	counts_are(acked, 48);
	counts_are(aborted, 0);
	counts_nothing_lost();
	close(file);
}

/*
 * All acknowledged and both ends of the sender closed in order: the sending
 * socket is destroyed, but the reader's queue still holds the pages.
 */
static void held_after_the_sender_is_gone(void **state)
{
	const struct flow_opts opts = { .rcvbuf = 1 << 20 };
	int file = flow_file(23 * FLOW_PAGE);
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	flow_sendfile(f.tx, file, 0, 23 * FLOW_PAGE);
	flow_wait_acked(f.tx);
	assert_int_equal(shutdown(f.rx, SHUT_WR), 0);
	close(f.tx);
	f.tx = -1;
	counts_are(acked, 23);
	counts_are(released, 0);
	assert_int_equal(counts_in_flight(), 23);
	flow_read(f.rx, 23 * FLOW_PAGE, 0);
	counts_reach(released, 23);
	flow_close(&f);
	counts_all_gone();
	counts_are(aborted, 0);
	counts_nothing_lost();
	close(file);
}

/* A reader that closes with everything unread resets the connection. */
static void reader_closes_without_reading(void **state)
{
	const struct flow_opts opts = { .rcvbuf = 24 << 10 };
	int file = flow_file(48 * FLOW_PAGE);
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	flow_sendfile(f.tx, file, 0, 48 * FLOW_PAGE);
	close(f.rx);
	f.rx = -1;
	counts_flying(0);
	flow_close(&f);
	counts_all_gone();
	counts_are(attached, 48);
	assert_true(counts_get(PF_C_aborted) > 0);
	counts_nothing_lost();
	close(file);
}

static void run(const char *command)
{
	if (system(command))
		fail_msg("failed: %s", command);
}

/* Between two network namespaces; the reader is still on this host. */
static void two_network_namespaces(void **state)
{
	const struct flow_opts opts = {
		.tx_netns = "pf-tx", .rx_netns = "pf-rx", .rx_addr = "10.77.0.2", .rcvbuf = 1 << 20,
	};
	int file = flow_file(23 * FLOW_PAGE);
	struct flow f;

	(void)state;
	run("ip netns del pf-tx 2> /dev/null; ip netns del pf-rx 2> /dev/null; true");
	run("ip netns add pf-tx && ip netns add pf-rx");
	run("ip link add pf-veth0 netns pf-tx mtu 9000 type veth "
	    "peer name pf-veth1 netns pf-rx mtu 9000");
	run("ip -n pf-tx addr add 10.77.0.1/24 dev pf-veth0 && ip -n pf-tx link set pf-veth0 up");
	run("ip -n pf-rx addr add 10.77.0.2/24 dev pf-veth1 && ip -n pf-rx link set pf-veth1 up");
	counts_start();
	flow_open(&f, &opts);
	flow_sendfile(f.tx, file, 0, 23 * FLOW_PAGE);
	counts_are(attached, 23);
	flow_wait_acked(f.tx);
	counts_are(acked, 23);
	counts_are(released, 0);
	assert_int_equal(counts_in_flight(), 23);
	flow_read(f.rx, 23 * FLOW_PAGE, 0);
	counts_reach(released, 23);
	flow_close(&f);
	counts_all_gone();
	counts_are(aborted, 0);
	counts_nothing_lost();
	run("ip netns del pf-tx && ip netns del pf-rx");
	close(file);
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
static void ten_thousand_quiet_pages(void **state)
{
	int file = flow_file(1000 * FLOW_PAGE), i;
	struct loader_totals before, after;
	struct flow_drain d;
	struct flow f;
	counts_t pieces;

	(void)state;
	counts_start();
	counts_totals(&before);
	flow_open(&f, NULL);
	flow_drain_start(&d, f.rx);
	for (i = 0; i < 10; i++)
		flow_sendfile(f.tx, file, 0, 1000 * FLOW_PAGE);
	close(f.tx);
	f.tx = -1;
	assert_int_equal(flow_drain_join(&d), 10000 * FLOW_PAGE);
	flow_close(&f);
	counts_all_gone();
	counts_totals(&after);
	/* The window decides where an skb ends, and a page there is two pieces. */
	pieces = counts_get(PF_C_attached);
	assert_true(pieces >= 10000);
	counts_are(attached_bytes, 10000 * FLOW_PAGE);
	counts_are(acked, pieces);
	counts_are(released, pieces);
	counts_are(aborted, 0);
	counts_are(user_pages, 0);
	counts_are(ignored, 0);
	counts_are(conns, 1);
	counts_are(writes, 0);
	counts_are(hits, 0);
	assert_int_equal(sum(after.stats.to_ack, before.stats.to_ack), pieces);
	assert_int_equal(sum(after.stats.to_release, before.stats.to_release), pieces);
	counts_nothing_lost();
	close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(released_page_by_page, flow_clean),
		cmocka_unit_test_teardown(half_read_page_is_held, flow_clean),
		cmocka_unit_test_teardown(reset_with_data_queued, flow_clean),
		cmocka_unit_test_teardown(close_then_read, flow_clean),
		cmocka_unit_test_teardown(held_after_the_sender_is_gone, flow_clean),
		cmocka_unit_test_teardown(reader_closes_without_reading, flow_clean),
		cmocka_unit_test_teardown(two_network_namespaces, flow_clean),
		cmocka_unit_test_teardown(ten_thousand_quiet_pages, flow_clean),
	};

	return cmocka_run_group_tests_name("end", tests, counts_setup, counts_teardown);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_loss - when there is no room, what was not followed is counted to the
 * page, and what was followed still ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "counts.h"
#include "flow.h"

static int close_loader(void **state)
{
	counts_close();
	return flow_clean(state);
}

/* 300 pages to a reader that does not read, with room for fewer. */
static void pool_full(void **state)
{
	const struct loader_opts opts = { .max_pages = 64 };
	int file = flow_file(300 * FLOW_PAGE);
	counts_t attached;
	struct flow f;

	(void)state;
	counts_open(&opts);
	flow_open(&f, NULL);
	flow_sendfile(f.tx, file, 0, 300 * FLOW_PAGE);
	attached = counts_get(PF_C_attached);
	assert_in_range(attached, 63, 128);
	counts_are(pool_full, 300 - attached);
	counts_are(attached_bytes, attached * FLOW_PAGE);
	assert_int_equal(counts_in_flight(), attached);

	flow_read(f.rx, 300 * FLOW_PAGE, 0);
	counts_reach(released, attached);
	counts_flying(0);

	/* There is room again. */
	flow_sendfile(f.tx, file, 0, 10 * FLOW_PAGE);
	counts_are(attached, attached + 10);
	flow_read(f.rx, 10 * FLOW_PAGE, 0);
	flow_close(&f);
	counts_all_gone();
	counts_are(pool_full, 300 - attached);
	counts_are(aborted, 0);
	close(file);
}

/* Three pages on each of seven connections, with room for two. */
static void conns_full(void **state)
{
	const struct loader_opts opts = { .max_conns = 2 };
	int file = flow_file(3 * FLOW_PAGE), i;
	struct flow f[7];

	(void)state;
	counts_open(&opts);
	for (i = 0; i < 7; i++) {
		flow_open(&f[i], NULL);
		flow_sendfile(f[i].tx, file, 0, 3 * FLOW_PAGE);
	}
	counts_are(conns, 2);
	counts_are(attached, 2 * 3);
	counts_are(conns_full, 5 * 3);
	for (i = 0; i < 7; i++) {
		flow_read(f[i].rx, 3 * FLOW_PAGE, 0);
		flow_close(&f[i]);
	}
	counts_all_gone();
	counts_are(released, 2 * 3);

	/* There is room again. */
	flow_open(&f[0], NULL);
	flow_sendfile(f[0].tx, file, 0, 3 * FLOW_PAGE);
	counts_are(conns, 3);
	counts_are(attached, 3 * 3);
	flow_read(f[0].rx, 3 * FLOW_PAGE, 0);
	flow_close(&f[0]);
	counts_all_gone();
	close(file);
}

static void count_record(void *ctx, const void *data, size_t size)
{
	const struct pf_event *head = data;

	assert_true(size >= sizeof(*head));
	assert_int_equal(head->size, size);
	*(counts_t *)ctx += 1;
}

/*
 * Each of 40 writes makes two records, of the page it hit and of itself, and
 * the page's end one more. Nobody reads them out of a ring of one page.
 */
static void ring_full(void **state)
{
	const struct loader_opts opts = { .ring_bytes = 4096 };
	int file = flow_file(FLOW_PAGE), i;
	counts_t records = 0;
	struct flow f;

	(void)state;
	counts_open(&opts);
	flow_open(&f, NULL);
	flow_sendfile(f.tx, file, 0, FLOW_PAGE);
	for (i = 0; i < 40; i++)
		assert_int_equal(pwrite(file, "new", 3, 100), 3);
	counts_are(writes, 40);
	counts_are(hits, 40);
	flow_read(f.rx, FLOW_PAGE, -1);
	counts_reach(released, 1);
	flow_close(&f);
	counts_all_gone();
	assert_true(loader_consume(counts_loader(), count_record, &records) > 0);
	assert_true(records > 0);
	counts_are(events_lost, 2 * 40 + 1 - records);
	close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(pool_full, close_loader),
		cmocka_unit_test_teardown(conns_full, close_loader),
		cmocka_unit_test_teardown(ring_full, close_loader),
	};

	flow_mark();
	return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}

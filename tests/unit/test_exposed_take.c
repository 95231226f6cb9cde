// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Taking the table of files that somebody could change. */
#include "lib/test.h"

#include <string.h>

#include "kernel/exposed_take.h"

static struct pf_exposed table[PF_EXPOSED];

static void on_exposed(void *ctx, const struct pf_exposed *e)
{
	__u64 *pages = ctx;

	assert_true(e->inode);
	*pages += e->pages;
}

TEST_FN(test_each_is_taken_once)
{
	__u64 pages = 0;

	for (int i = 0; i < PF_EXPOSED; i++)
		table[i] = (struct pf_exposed){ .inode = 64 * (i + 1), .ready = 1, .pages = i };
	table[PF_EXPOSED - 1].ready = 0;	/* it is filled in just now */
	exposed_take(table, on_exposed, &pages);
	assert_int_equal(pages, (PF_EXPOSED - 1) * (PF_EXPOSED - 2) / 2);
	for (int i = 0; i < PF_EXPOSED - 1; i++)
		assert_false(table[i].inode || table[i].ready);
	assert_true(table[PF_EXPOSED - 1].inode);
	exposed_take(table, on_exposed, &pages);
	assert_int_equal(pages, (PF_EXPOSED - 1) * (PF_EXPOSED - 2) / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_is_taken_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

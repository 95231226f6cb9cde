// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdbool.h>

#include "names/senders.h"
#include "lib/test.h"

static void add(struct senders *s, __u64 conn)
{
	struct pf_ev_sender ev = { .conn = conn, .stack_len = 8, .stack = { conn * 3 } };

	senders_add(s, &ev);
}

static bool knows(struct senders *s, __u64 conn)
{
	const struct pf_ev_sender *ev = senders_find(s, conn);

	assert_true(!ev || (ev->conn == conn && ev->stack[0] == conn * 3));
	return ev;
}

TEST_FN(test_find)
{
	struct senders *s;

	assert_int_equal(senders_new(&s), 0);
	assert_false(knows(s, 1));
	for (__u64 conn = 1; conn <= 100; conn++)
		add(s, conn);
	for (__u64 conn = 1; conn <= 100; conn++)
		assert_true(knows(s, conn));
	assert_false(knows(s, 0));
	assert_false(knows(s, 101));
	senders_free(s);
	senders_free(NULL);
}

/* Of too many, those go that nobody has asked for. */
TEST_FN(test_full)
{
	struct senders *s;
	__u64 conn;

	assert_int_equal(senders_new(&s), 0);
	for (conn = 1; conn <= SENDERS_MAX; conn++)
		add(s, conn);
	assert_true(knows(s, 1));
	for (; conn < 2 * SENDERS_MAX; conn++)
		add(s, conn);
	assert_true(knows(s, 1));
	for (conn = 2; conn <= SENDERS_MAX; conn++)
		assert_false(knows(s, conn));
	for (; conn < 2 * SENDERS_MAX; conn++)
		assert_true(knows(s, conn));
	senders_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("senders", tests, NULL, NULL);
}

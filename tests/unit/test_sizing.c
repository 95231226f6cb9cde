// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* How large the maps are. */
#include <errno.h>

#include "kernel/sizing.h"
#include "lib/test.h"
#include "wire.h"

#define GIB (1ull << 30)

static struct sizing room(unsigned int pages, unsigned int conns, unsigned long long memory)
{
	struct sizing r;

	assert_int_equal(sizing_for(&r, pages, conns, memory), 0);
	return r;
}

TEST_FN(by_the_memory_of_the_host)
{
	assert_int_equal(room(0, 0, GIB).pages, (1 << 16) - 1);
	assert_int_equal(room(0, 0, 24 * GIB).pages, (1 << 20) - 1);
	assert_int_equal(room(0, 0, 24 * GIB).conns, (1 << 15) - 1);
}

TEST_FN(neither_too_few_nor_too_many)
{
	assert_int_equal(room(0, 0, 1 << 20).pages, (1 << 14) - 1);
	assert_int_equal(room(0, 0, 4096 * GIB).pages, SIZING_PAGES_MAX);
	assert_int_equal(room(64, 0, GIB).conns, 64);
}

/* Number 0 is none, so the pool has a record more than pages, and a mask finds it. */
TEST_FN(each_page_has_its_record)
{
	for (unsigned int pages = SIZING_PAGES_MIN; pages < 1 << 12; pages++) {
		struct sizing r = room(pages, 0, 0);

		assert_true(r.flights > pages);
		assert_int_equal(r.flights & (r.flights - 1), 0);
		assert_int_equal(r.buckets & (r.buckets - 1), 0);
	}
}

/* A pool of the largest size is addressed by offsets that the verifier takes. */
TEST_FN(largest_pool_can_be_addressed)
{
	assert_true((room(SIZING_PAGES_MAX, 0, 0).flights - 1) * (unsigned long long)PF_FLIGHT_BYTES <
		    1ull << 29);
}

TEST_FN(as_asked)
{
	struct sizing r = room(5000, 300, 0);

	assert_int_equal(r.pages, 5000);
	assert_int_equal(r.conns, 300);
	assert_int_equal(r.socks, 600);
}

TEST_FN(out_of_range)
{
	struct sizing r;

	assert_int_equal(sizing_for(&r, SIZING_PAGES_MIN - 1, 0, 0), -ERANGE);
	assert_int_equal(sizing_for(&r, SIZING_PAGES_MAX + 1, 0, 0), -ERANGE);
	assert_int_equal(sizing_for(&r, 64, SIZING_CONNS_MAX + 1, 0), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_memory_of_the_host),
		cmocka_unit_test(neither_too_few_nor_too_many),
		cmocka_unit_test(each_page_has_its_record),
		cmocka_unit_test(largest_pool_can_be_addressed),
		cmocka_unit_test(as_asked),
		cmocka_unit_test(out_of_range),
	};

	return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}

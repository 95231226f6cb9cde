// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The record of a flight, as the kernel side has it: pages of 4, 16 and 64 KiB fit, and so
 * does what is noted of their bytes.
 */
#define __always_inline inline __attribute__((always_inline))

#include <linux/types.h>

struct bpf_spin_lock {
	__u32 val;
};

#include "../../bpf/base/state.bpf.h"
#include "lib/test.h"

TEST_FN(whole_pages_fit)
{
	for (__u32 size = 4096; size <= PF_PAGE_MAX; size *= 4) {
		struct pf_flight f = { 0 };

		f.off = 0;
		f.len_1 = size - 1;
		assert_int_equal(flight_len(&f), size);
		f.zero_first = 0;
		f.zero_last = size - 1;
		assert_int_equal(f.zero_last + 1u, size);
	}
}

TEST_FN(last_byte_of_the_largest_page_fits)
{
	struct pf_flight f = { 0 };

	f.off = PF_PAGE_MAX - 1;
	f.len_1 = 0;
	assert_int_equal(f.off, PF_PAGE_MAX - 1);
	assert_int_equal(flight_len(&f), 1);
}

TEST_FN(record_has_not_grown)
{
	assert_int_equal(sizeof(struct pf_flight), PF_FLIGHT_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_pages_fit),
		cmocka_unit_test(last_byte_of_the_largest_page_fits),
		cmocka_unit_test(record_has_not_grown),
	};

	return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Device numbers: both parts survive, up to the largest. */
#include "base/dev.h"
#include "lib/test.h"

TEST_FN(parts_come_back)
{
	assert_int_equal(dev_number(8, 1), 8 << 20 | 1);
	assert_int_equal(dev_major(dev_number(8, 1)), 8);
	assert_int_equal(dev_minor(dev_number(8, 1)), 1);
	assert_int_equal(dev_number(DEV_MAJOR_MAX, DEV_MINOR_MAX), 0xffffffff);
	assert_int_equal(dev_major(0xffffffff), DEV_MAJOR_MAX);
	assert_int_equal(dev_minor(0xffffffff), DEV_MINOR_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_come_back),
	};

	return cmocka_run_group_tests_name("dev", tests, NULL, NULL);
}

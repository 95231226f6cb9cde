// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What kernels say of themselves, and what it means for a program in one. */
#include "kernel/preempt.h"
#include "lib/test.h"

TEST_FN(mode_is_the_one_in_parentheses)
{
	assert_int_equal(preempt_of_mode("none (voluntary) full \n"), PREEMPT_NO);
	assert_int_equal(preempt_of_mode("(none) voluntary full \n"), PREEMPT_NO);
	assert_int_equal(preempt_of_mode("none voluntary (full) \n"), PREEMPT_YES);
	assert_int_equal(preempt_of_mode("none voluntary full (lazy) \n"), PREEMPT_YES);
	assert_int_equal(preempt_of_mode("full (lazy)\n"), PREEMPT_YES);
}

TEST_FN(what_says_nothing_is_not_known)
{
	assert_int_equal(preempt_of_mode(""), PREEMPT_UNKNOWN);
	assert_int_equal(preempt_of_mode("(undefined)"), PREEMPT_YES);
}

TEST_FN(version_tells_unless_the_mode_can_change)
{
	assert_int_equal(preempt_of_version("#1 SMP Debian 6.1.0-1"), PREEMPT_NO);
	assert_int_equal(preempt_of_version("#1 SMP PREEMPT Debian"), PREEMPT_YES);
	assert_int_equal(preempt_of_version("#1 SMP PREEMPT_RT Debian"), PREEMPT_YES);
	assert_int_equal(preempt_of_version("#1 SMP PREEMPT_DYNAMIC Debian"), PREEMPT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode_is_the_one_in_parentheses),
		cmocka_unit_test(what_says_nothing_is_not_known),
		cmocka_unit_test(version_tells_unless_the_mode_can_change),
	};

	return cmocka_run_group_tests_name("preempt", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Lines of /proc/PID/fdinfo/FD. */
#include "lib/test.h"

#include <stdio.h>

#include "base/fdinfo.h"

TEST_FN(test_kinds_of_open)
{
	static const struct {
		const char *flags;
		bool writable;
	} kinds[] = { { "0100000", false }, { "0100001", true }, { "02100002", true }, { "010000000", false } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char text[256];
		struct fdinfo info;

		snprintf(text, sizeof(text), "pos:\t4096\nflags:\t%s\nmnt_id:\t29\nino:\t12345678901\n"
			 "lock:\t1: FLOCK ADVISORY\n", kinds[i].flags);
		assert_true(fdinfo_parse(text, &info));
		assert_int_equal(info.writable, kinds[i].writable);
		assert_int_equal(info.mount, 29);
		assert_int_equal(info.ino, 12345678901);
	}
}

TEST_FN(test_not_all_is_there)
{
	static const char *const texts[] = {
		"", "pos:\t0\nflags:\t02\nmnt_id:\t29\n", "flags:\t02\nmnt_id:\t29\nino:\t3\n", "pos:\tx\n",
	};
	struct fdinfo info = { .mount = 7 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(fdinfo_parse(texts[i], &info));
	assert_int_equal(info.mount, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_of_open),
		cmocka_unit_test(test_not_all_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

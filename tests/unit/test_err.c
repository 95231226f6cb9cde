// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Error texts: formatted, cut, and handed on with their number. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "lib/test.h"

TEST_FN(text_is_set_and_code_returned)
{
	struct err err;

	assert_int_equal(err_set(&err, -ENOENT, "--%s: %d", "path", 7), -ENOENT);
	assert_string_equal(err.text, "--path: 7");
	assert_int_equal(err_set(&err, -EPERM, "later"), -EPERM);
	assert_string_equal(err.text, "later");
}

TEST_FN(long_text_is_cut)
{
	char text[2 * sizeof(struct err)];
	struct err err;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(err_set(&err, -1, "%s", text), -1);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_set_and_code_returned),
		cmocka_unit_test(long_text_is_cut),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}

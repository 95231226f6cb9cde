// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What strangers wrote cannot steer the terminal, nor pass for a line of ours. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/test.h"

/* Log a text as an argument, and return what came to stderr. */
static void logged(const char *text, char *ret_line, size_t len)
{
	int mem = memfd_create("stderr", 0), err = dup(STDERR_FILENO);
	ssize_t n;

	assert_true(mem >= 0 && err >= 0);
	dup2(mem, STDERR_FILENO);
	log_error("bad value: %s", text);
	dup2(err, STDERR_FILENO);
	n = pread(mem, ret_line, len - 1, 0);
	assert_true(n >= 0);
	ret_line[n] = '\0';
	close(mem);
	close(err);
}

TEST_FN(arguments_are_cleaned)
{
	char line[2048];

	logged("plain \xc3\xbc", line, sizeof(line));
	assert_string_equal(line, "pageflight: bad value: plain \xc3\xbc\n");
	logged("\033[31mX\nfake\x7f", line, sizeof(line));
	assert_string_equal(line, "pageflight: bad value: ?[31mX?fake?\n");
	logged("\xc2\x9b\xe2\x80\xae\xff", line, sizeof(line));
	assert_string_equal(line, "pageflight: bad value: ???\n");
}

TEST_FN(long_line_is_one_line)
{
	char text[3000], line[4096];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	logged(text, line, sizeof(line));
	assert_true(strlen(line) <= 1024);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_cleaned),
		cmocka_unit_test(long_line_is_one_line),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Files of which nothing tells how long they are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/procfile.h"
#include "lib/test.h"

/* A file with these bytes; *ret_path leads to it while it is open. */
static int file(const char *bytes, size_t len, char ret_path[32])
{
	int fd = memfd_create("procfile", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	snprintf(ret_path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void expect_line(const char *bytes, size_t room, const char *line)
{
	char path[32], found[64];
	int fd = file(bytes, strlen(bytes), path);

	memset(found, '#', sizeof(found));
	assert_int_equal(procfile_line(path, found, room), 0);
	assert_string_equal(found, line);
	close(fd);
}

TEST_FN(line_without_its_newline)
{
	expect_line("none [integrity] confidentiality\n", 64, "none [integrity] confidentiality");
	expect_line("no newline", 64, "no newline");
	expect_line("", 64, "");
	expect_line("\n", 64, "");
	/* A name may have one, too. */
	expect_line("a\nb\n", 64, "a\nb");
}

TEST_FN(line_is_cut)
{
	expect_line("123456789\n", 5, "1234");
	expect_line("1234\n", 5, "1234");
	expect_line("1234\n", 6, "1234");
	expect_line("1234\n", 1, "");
}

TEST_FN(line_of_nothing)
{
	char line[8] = "before";

	assert_int_equal(procfile_line("/proc/self/no-such", line, sizeof(line)), -ENOENT);
	assert_int_equal(procfile_line("/proc/self/fd", line, sizeof(line)), -EISDIR);
	assert_string_equal(line, "before");
}

/* Of lengths at which more memory has to be taken, too. */
TEST_FN(text_is_whole)
{
	static char bytes[70000];
	char path[32], *text;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 'a' + i % 26;
	for (size_t len = 0; len < sizeof(bytes); len = len * 2 + 1) {
		int fd = file(bytes, len, path);

		/* From the start, wherever the file stands; and again. */
		for (int i = 0; i < 2; i++) {
			assert_int_equal(procfile_text(fd, &text), 0);
			assert_int_equal(strlen(text), len);
			assert_memory_equal(text, bytes, len);
			free(text);
		}
		close(fd);
	}
}

TEST_FN(text_of_nothing)
{
	char *text = NULL;

	assert_int_equal(procfile_text(-1, &text), -EBADF);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_without_its_newline),
		cmocka_unit_test(line_is_cut),
		cmocka_unit_test(line_of_nothing),
		cmocka_unit_test(text_is_whole),
		cmocka_unit_test(text_of_nothing),
	};

	return cmocka_run_group_tests_name("procfile", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_ready.c - a descriptor given by number: checked, kept from children, told once. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "run/ready.h"

#define UNTOUCHED (-7)

TEST_FN(refused)
{
	int fds[2], fd = UNTOUCHED;
	struct err err;

	for (int i = 0; i <= STDERR_FILENO; i++)
		assert_int_equal(ready_take(i, &fd, &err), -EINVAL);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	assert_int_equal(ready_take(fds[1], &fd, &err), -EBADF);
	assert_non_null(strstr(err.text, "is not open"));
	assert_int_equal(ready_take(fds[0], &fd, &err), -EBADF);
	assert_non_null(strstr(err.text, "not open for writing"));
	assert_int_equal(fd, UNTOUCHED);
	close(fds[0]);
}

TEST_FN(taken_and_told)
{
	struct err err;
	char text[2];
	int fds[2], fd;

	assert_int_equal(pipe2(fds, 0), 0);
	assert_int_equal(ready_take(fds[1], &fd, &err), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fd == fds[1] || fcntl(fds[1], F_GETFD) < 0);
	assert_int_equal(ready_tell(fd), 0);
	assert_int_equal(read(fds[0], text, 2), 1);
	assert_int_equal(text[0], '\n');
	assert_int_equal(read(fds[0], text, 2), 0);
	close(fds[0]);
}

/* A pipe that is full: nobody is waited for. */
TEST_FN(full)
{
	static char page[4096];
	struct err err;
	int fds[2], fd;

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(fds[1], page, sizeof(page)) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
	assert_int_equal(ready_take(fds[1], &fd, &err), 0);
	assert_int_equal(ready_tell(fd), -EAGAIN);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(taken_and_told),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_queue.c - a writer that never waits: for pipes, sockets, files and devices. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "output/queue.h"

#define MS 1000000ull
#define LINE 1000
#define MAX (100 * LINE)

static struct queue *queue_of(int fd)
{
	struct queue *q;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(queue_new(&q, fd, MAX), 0);
	return q;
}

/* Lines with a number, until one is lost. Returns how many were appended. */
static unsigned int fill(struct queue *q)
{
	char line[LINE + 1];
	unsigned int n = 0;

	for (;;) {
		snprintf(line, sizeof(line), "%-*u\n", LINE - 1, n);
		if (!queue_put(q, line, LINE))
			return n;
		n++;
		assert_int_equal(queue_write(q), 0);
	}
}

/* Read all there is, and check that it is whole lines in their order. */
static unsigned int read_lines(struct queue *q, int fd)
{
	unsigned int n = 0, used = 0;
	char line[LINE];
	ssize_t got;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((got = read(fd, line + used, LINE - used)) > 0) {
		used += got;
		if (used < LINE)
			continue;
		assert_int_equal(strtoul(line, NULL, 10), n++);
		assert_int_equal(line[LINE - 1], '\n');
		used = 0;
		assert_int_equal(queue_write(q), 0);
	}
	assert_int_equal(used, 0);
	return n;
}

static void check_full(int from, int to)
{
	int flags = fcntl(to, F_GETFL);
	struct queue *q = queue_of(to);
	unsigned int n = fill(q);

	assert_true(n > MAX / LINE);
	assert_int_equal(queue_lost(q), 1);
	assert_int_equal(queue_events(q), POLLOUT);
	assert_int_equal(queue_waiting(q), MAX);
	assert_int_equal(queue_flush(q, 20 * MS, 1000 * MS, -1), -ETIMEDOUT);
	assert_int_equal(read_lines(q, from), n);
	assert_int_equal(queue_events(q), 0);
	/* Flags that others share are as they were. */
	assert_int_equal(fcntl(to, F_GETFL), flags);
	queue_free(q);
	close(from);
	close(to);
}

TEST_FN(full_pipe)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	check_full(fds[0], fds[1]);
}

TEST_FN(full_non_blocking_pipe)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	check_full(fds[0], fds[1]);
}

TEST_FN(full_socket)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	check_full(fds[0], fds[1]);
}

TEST_FN(full_terminal)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct queue *q;

	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	q = queue_of(slave);
	fill(q);
	assert_int_equal(queue_lost(q), 1);
	close(master);
	assert_int_equal(queue_write(q), -EIO);
	queue_free(q);
	close(slave);
}

TEST_FN(reader_gone)
{
	struct queue *q;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	q = queue_of(fds[1]);
	close(fds[0]);
	assert_true(queue_put(q, "text\n", 5));
	assert_int_equal(queue_write(q), -EPIPE);
	queue_free(q);
	close(fds[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	q = queue_of(fds[1]);
	close(fds[0]);
	assert_true(queue_put(q, "text\n", 5));
	assert_int_equal(queue_write(q), -EPIPE);
	queue_free(q);
	close(fds[1]);
}

TEST_FN(full_disk)
{
	int fd = open("/dev/full", O_WRONLY);
	struct queue *q = queue_of(fd);

	assert_true(queue_put(q, "text\n", 5));
	assert_int_equal(queue_write(q), -ENOSPC);
	queue_free(q);
	close(fd);
}

/* What must not be lost is last, after all that waits. */
TEST_FN(put_anyway)
{
	static char big[3 * MAX];
	struct queue *q;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	q = queue_of(fds[1]);
	fill(q);
	assert_true(queue_put_anyway(q, big, sizeof(big)));
	assert_int_equal(queue_waiting(q), MAX + sizeof(big));
	assert_int_equal(queue_lost(q), 1);
	queue_free(q);
	close(fds[0]);
	close(fds[1]);
}

TEST_FN(flush_is_stopped)
{
	struct queue *q;
	int fds[2], stop[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "", 1), 1);
	q = queue_of(fds[1]);
	fill(q);
	assert_int_equal(queue_flush(q, NSEC_PER_SEC, NSEC_PER_SEC, stop[0]), -EINTR);
	queue_free(q);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(stop[i]);
	}
}

/* Standard output that was not open is /dev/null, and not to be written. */
TEST_FN(not_writable)
{
	int fd = open("/dev/null", O_RDONLY);
	struct queue *q = queue_of(fd);

	assert_true(queue_put(q, "text\n", 5));
	assert_int_equal(queue_write(q), -EBADF);
	queue_free(q);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_pipe),
		cmocka_unit_test(full_non_blocking_pipe),
		cmocka_unit_test(full_socket),
		cmocka_unit_test(full_terminal),
		cmocka_unit_test(reader_gone),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(put_anyway),
		cmocka_unit_test(flush_is_stopped),
		cmocka_unit_test(not_writable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

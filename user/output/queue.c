// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* queue.c - see queue.h. */
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

struct queue {
	int fd;
	bool own;		/* fd was opened here */
	bool is_socket;
	size_t max;
	char *data;		/* from begin to end; room for twice max, so that it seldom moves */
	size_t room, begin, end;
	__u64 lost;
	__u64 moved_at;		/* when a byte was last written */
};

/*
 * A pipe or a terminal is opened once more, which gives flags that are ours
 * alone. Where that is not allowed, poll() tells when PIPE_BUF bytes fit.
 */
static void open_again(struct queue *q)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", q->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	q->fd = fd;
	q->own = true;
}

int queue_new(struct queue **ret_queue, int fd, size_t max)
{
	struct queue *q = calloc(1, sizeof(*q));
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (!q)
		return -ENOMEM;
	*q = (struct queue){ .fd = fd, .max = max, .room = 2 * max };
	q->data = malloc(q->room);
	if (!q->data) {
		free(q);
		return -ENOMEM;
	}
	if (fstat(fd, &st))
		st.st_mode = 0;
	q->is_socket = S_ISSOCK(st.st_mode);
	/* Opening again must not make writable what was not. */
	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && (S_ISFIFO(st.st_mode) || isatty(fd)))
		open_again(q);
	*ret_queue = q;
	return 0;
}

static void append(struct queue *q, const char *text, size_t len)
{
	if (q->room - q->end < len) {
		memmove(q->data, q->data + q->begin, q->end - q->begin);
		q->end -= q->begin;
		q->begin = 0;
	}
	memcpy(q->data + q->end, text, len);
	q->end += len;
}

bool queue_fits(struct queue *q, size_t len)
{
	if (queue_waiting(q) + len <= q->max)
		return true;
	q->lost++;
	return false;
}

bool queue_put(struct queue *q, const char *text, size_t len)
{
	if (!queue_fits(q, len))
		return false;
	append(q, text, len);
	return true;
}

bool queue_put_anyway(struct queue *q, const char *text, size_t len)
{
	size_t need = queue_waiting(q) + len;

	if (need > q->room) {
		char *data = realloc(q->data, need);

		if (!data)
			return false;
		q->data = data;
		q->room = need;
	}
	append(q, text, len);
	return true;
}

/* A stream takes as much as it can. A pipe takes whole lines, or as much of a longer line. */
static size_t next_chunk(const struct queue *q)
{
	size_t len = queue_waiting(q);
	const char *at = q->data + q->begin, *newline;

	if (len <= PIPE_BUF || q->is_socket)
		return len;
	newline = memrchr(at, '\n', PIPE_BUF);
	return newline ? (size_t)(newline - at) + 1 : PIPE_BUF;
}

static ssize_t write_chunk(const struct queue *q, size_t len)
{
	struct pollfd poll_fd = { .fd = q->fd, .events = POLLOUT };
	const char *at = q->data + q->begin;

	if (q->is_socket)
		return send(q->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!q->own && poll(&poll_fd, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(q->fd, at, len);
}

int queue_write(struct queue *q)
{
	while (queue_waiting(q)) {
		ssize_t n = write_chunk(q, next_chunk(q));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n)
			q->moved_at = clock_mono_ns();
		q->begin += n;
	}
	q->begin = q->end = 0;
	return 0;
}

/* The time until a flush gives up. */
static __u64 give_up_at(const struct queue *q, __u64 began, __u64 patience_ns, __u64 limit_ns)
{
	__u64 moved = q->moved_at > began ? q->moved_at : began;

	return moved + patience_ns < began + limit_ns ? moved + patience_ns : began + limit_ns;
}

int queue_flush(struct queue *q, __u64 patience_ns, __u64 limit_ns, int stop_fd)
{
	struct pollfd fds[] = {
		{ .fd = q->fd, .events = POLLOUT },
		{ .fd = stop_fd, .events = POLLIN },
	};
	__u64 began = clock_mono_ns();

	for (;;) {
		int err = queue_write(q);
		__u64 now = clock_mono_ns(), until;

		if (err || !queue_waiting(q))
			return err;
		until = give_up_at(q, began, patience_ns, limit_ns);
		if (now >= until)
			return -ETIMEDOUT;
		if (poll(fds, 2, (until - now) / 1000000 + 1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents)
			return -EINTR;
	}
}

int queue_fd(const struct queue *q)
{
	return q->fd;
}

short queue_events(const struct queue *q)
{
	return queue_waiting(q) ? POLLOUT : 0;
}

size_t queue_waiting(const struct queue *q)
{
	return q->end - q->begin;
}

__u64 queue_lost(const struct queue *q)
{
	return q->lost;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	if (q->own)
		close(q->fd);
	free(q->data);
	free(q);
}

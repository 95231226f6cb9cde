// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * helper_file.c - the lines of --output. A line that cannot be written is lost and
 * counted, and the next one is tried: a disk that is full may have room again.
 */
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/frame.h"
#include "base/log.h"
#include "confine.h"

struct state {
	const char *path;
	int fd;
	int err;		/* of the last write; 0: it went well */
	__u64 lost;		/* since it was last said */
	__u64 said_at;
	bool failed;		/* ever */
};

int helper_file_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

	return fd < 0 ? -errno : fd;
}

static void say(struct state *s, bool now)
{
	if (!s->lost || (!now && clock_mono_ns() - s->said_at < NSEC_PER_SEC))
		return;
	log_error("cannot write to %s: %s: %llu lines are lost", s->path, strerror(-s->err), s->lost);
	s->lost = 0;
	s->said_at = clock_mono_ns();
}

/* 0 or -errno; a part of a line is not left behind. */
static int write_line(int fd, const char *text, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);
		int err = errno;
		off_t end;

		if (n < 0 && err == EINTR)
			continue;
		if (n > 0) {
			done += n;
			continue;
		}
		end = done ? lseek(fd, 0, SEEK_END) : 0;
		if (end >= (off_t)done && done && ftruncate(fd, end - done))
			log_debug("a part of a line is left: %s", strerror(errno));
		return n ? -err : -EIO;
	}
	return 0;
}

static void put(struct state *s, const char *text, size_t len)
{
	int err = write_line(s->fd, text, len);

	if (!err) {
		say(s, true);
		return;
	}
	s->err = err;
	s->lost++;
	s->failed = true;
	say(s, false);
}

/* If it cannot be opened again, the old one is better than none. */
static void reopen(struct state *s)
{
	int fd = helper_file_open(s->path);

	if (fd < 0) {
		log_error("cannot open %s again: %s", s->path, strerror(-fd));
		s->failed = true;
		return;
	}
	close(s->fd);
	s->fd = fd;
}

static void take(void *ctx, const struct frame *frame)
{
	struct state *s = ctx;

	if (frame->kind == FRAME_REOPEN)
		reopen(s);
	else
		put(s, frame->data, frame->size);
}

int helper_file(void *ctx, int fd)
{
	struct state s = { .path = ctx, .fd = helper_file_open(ctx) };
	struct frames *frames;
	struct err text;
	int err = frames_new(&frames, fd);

	if (s.fd < 0)
		s.err = s.fd;
	/* What it cannot give up it does not use. */
	confine_file_writer(&text);
	if (!err)
		err = frames_take_all(frames, fd, take, &s);
	say(&s, true);
	return s.failed || err != -EPIPE;
}

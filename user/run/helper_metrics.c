// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * helper_metrics.c - the file of --metrics. Its readers are other users, and nothing in it is
 * secret, so they may all read it.
 */
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/frame.h"
#include "base/log.h"
#include "confine.h"

#define MODE 0644

struct state {
	const char *path;
	char beside[PATH_MAX];
	int err;		/* of the last text; 0: it is there */
};

/* Collectors take what ends with .prom. */
static int name_beside(const char *path, char ret_beside[PATH_MAX])
{
	int n = snprintf(ret_beside, PATH_MAX, "%s.new", path);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* What a session that was killed has left there is in the way. A link that somebody put there is not followed. */
static int make(const char *beside)
{
	int fd;

	unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, MODE);
	return fd < 0 ? -errno : fd;
}

int helper_metrics_check(const char *path)
{
	char beside[PATH_MAX];
	int fd, err = name_beside(path, beside);

	if (err)
		return err;
	fd = make(beside);
	if (fd < 0)
		return fd;
	close(fd);
	unlink(beside);
	return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		text += n;
		len -= n;
	}
	return 0;
}

static int renew(const struct state *s, const struct frame *frame)
{
	int fd = make(s->beside), err;

	if (fd < 0)
		return fd;
	err = write_all(fd, frame->data, frame->size);
	close(fd);
	if (!err && rename(s->beside, s->path))
		err = -errno;
	if (err)
		unlink(s->beside);
	return err;
}

/* The old text stays, and says how old it is. It is said once that there is no newer one. */
static void take(void *ctx, const struct frame *frame)
{
	struct state *s = ctx;
	int err = renew(s, frame);

	if (err && err != s->err)
		log_error("cannot write to %s: %s", s->path, strerror(-err));
	else if (!err && s->err)
		log_info("%s is written again", s->path);
	s->err = err;
}

int helper_metrics(void *ctx, int fd)
{
	struct state s = { .path = ctx };
	struct frames *frames;
	struct err text;
	int err = name_beside(s.path, s.beside) ?: frames_new(&frames, fd);

	umask(~MODE & 0777);
	/* What it cannot give up it does not use. */
	confine_file_renewer(&text);
	if (!err)
		err = frames_take_all(frames, fd, take, &s);
	return s.err || err != -EPIPE;
}

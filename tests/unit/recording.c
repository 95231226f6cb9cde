// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* recording.c - see recording.h. */
#include "recording.h"

#include "lib/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "review/lines.h"
#include "running.h"
#include "stub_loader.h"

#define LINE_MIN 600	/* bytes that a line of an incident has at least */

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	assert_non_null(in);
	if (getdelim(&text, &room, '\0', in) < 0)
		*text = '\0';
	fclose(in);
	return text;
}

static void wait_for(const char *path, off_t bytes)
{
	__u64 began = clock_mono_ns();
	struct stat st = { 0 };

	while (stat(path, &st) || st.st_size < bytes) {
		assert_true(clock_mono_ns() - began < SOON);
		usleep(2000);
	}
}

static char *in_dir(const struct recording *rec, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", rec->dir, name) > 0);
	return path;
}

/* All processes that have this open have ended. */
static void wait_for_all(int fd, char **ret_said)
{
	size_t len = 0, room = 4096;
	char *text = malloc(room);
	ssize_t n;

	fcntl(fd, F_SETFL, 0);
	while ((n = read(fd, text + len, room - len - 1)) > 0) {
		len += n;
		if (room - len < 1024)
			text = realloc(text, room *= 2);
	}
	text[len] = '\0';
	*ret_said = text;
	close(fd);
}

void recording_make(struct recording *rec)
{
	struct session_opts opts = { 0 };
	struct run run = { .out = -1 };
	char *lines, *said;
	int fd;

	rec->dir = strdup("/tmp/pf-record-XXXXXX");
	assert_non_null(mkdtemp(rec->dir));
	rec->path = in_dir(rec, "run.pf");
	lines = in_dir(rec, "lines");
	said = in_dir(rec, "said");
	opts.report.record = rec->path;
	opts.report.record_max = rec->max_bytes;
	opts.loader.filter = rec->filter;
	stub = (struct stub){ .incidents = rec->incidents, .exposed = rec->exposed };
	assert_int_equal(mkfifo(said, 0600), 0);
	fd = open(said, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	setenv("SAY", said, 1);
	start(&run, &opts, open(lines, O_WRONLY | O_CREAT, 0600), NULL);
	unsetenv("SAY");
	/* A part of it, or all. */
	wait_for(lines, (rec->kill ? rec->incidents / 10 : rec->incidents) * (off_t)LINE_MIN);
	kill(run.pid, rec->kill ? SIGKILL : SIGINT);
	assert_true(end(&run) < SOON);
	rec->status = run.status;
	wait_for_all(fd, &rec->said);
	rec->lines = read_file(lines);
	free(lines);
	free(said);
}

void recording_free(struct recording *rec)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", rec->dir);
	assert_int_equal(system(command), 0);
	free(rec->dir);
	free(rec->path);
	free(rec->lines);
	free(rec->said);
}

char *recording_lines(const char *path, struct replay_result *ret_result)
{
	struct reader *r;
	struct err err;
	char *text;
	size_t len;
	FILE *out;

	if (reader_open(&r, path, &err))
		fail_msg("%s", err.text);
	out = open_memstream(&text, &len);
	if (lines_print(r, out, ret_result, &err))
		fail_msg("%s", err.text);
	fclose(out);
	reader_close(r);
	return text;
}

size_t recording_count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* scan.c - see scan.h. What is below "of the thread" is its own while it is busy. */
#include "scan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/procfile.h"
#include "base/signals.h"
#include "base/worker.h"

#define LINES_A_CHECK 512	/* lines between two checks for a signal */

struct scan {
	int proc;
	struct suspects_limits limits;
	struct worker *worker;

	/* of the thread */
	struct noted *at;
	size_t n, room;
	__u64 began;
	unsigned int lines;	/* read in this look */
	unsigned int from;	/* the first process of this look */
	unsigned int next;	/* that of the next one */
	bool first;		/* was there a first process? */
	bool cut;
};

/* What of a process cannot be read because the process has ended. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

/* False if there is no room for it. */
static bool note(struct scan *s, const struct noted *noted)
{
	if (s->n == s->limits.mappings)
		return false;
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct noted *more = reallocarray(s->at, room, sizeof(*more));

		if (!more)
			return false;
		s->at = more;
		s->room = room;
	}
	s->at[s->n++] = *noted;
	return true;
}

static bool may_go_on(const struct scan *s)
{
	if (!(s->lines % LINES_A_CHECK) && signals_end_pending())
		return false;
	return s->lines < s->limits.lines && clock_mono_ns() - s->began < s->limits.ns;
}

/* Note the mappings of one process. False if the look has to end. */
static bool note_all(struct scan *s, FILE *maps, unsigned int pid)
{
	struct noted noted = { .pid = pid };
	bool go_on = may_go_on(s);
	char *line = NULL;
	size_t room = 0;

	while (go_on && getline(&line, &room, maps) >= 0) {
		s->lines++;
		worker_step(s->worker);
		if (procmaps_shared_writable(line, &noted.mapping))
			go_on = note(s, &noted);
		go_on = go_on && may_go_on(s);
	}
	if (go_on && ferror(maps) && !is_gone(-errno))
		s->cut = true;
	free(line);
	return go_on;
}

/* 0: go on; 1: the look has to end; -errno: the process could not be looked at. */
static int look_at(struct scan *s, unsigned int pid)
{
	unsigned int lines = s->lines;
	char path[32];
	FILE *maps;
	bool go_on;
	int fd, err;

	worker_step(s->worker);
	snprintf(path, sizeof(path), "%u/maps", pid);
	fd = openat(s->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	maps = fdopen(fd, "r");
	if (!maps) {
		err = -errno;
		close(fd);
		return err;
	}
	go_on = note_all(s, maps, pid);
	fclose(maps);
	/* One that alone takes all there is would else be looked at for ever. */
	if (!go_on)
		s->next = lines == s->lines ? pid : pid + 1;
	return go_on ? 0 : 1;
}

/* Look at the processes from one number to another. Returns whether the next ones may be, too. */
static bool look_at_some(struct scan *s, DIR *proc, unsigned int from, unsigned int to)
{
	const struct dirent *entry;
	int err = 0;

	rewinddir(proc);
	while (err <= 0 && (errno = 0, entry = readdir(proc))) {
		unsigned int pid = strtoul(entry->d_name, NULL, 10);

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		s->first |= pid == 1;
		if (pid < from || pid >= to)
			continue;
		err = look_at(s, pid);
		if (err && !is_gone(err))
			s->cut = true;
	}
	if (err <= 0 && errno)
		s->cut = true;
	return err <= 0;
}

static void look(struct scan *s)
{
	DIR *proc = procfile_dir_at(s->proc, ".");

	s->n = s->lines = 0;
	s->began = clock_mono_ns();
	s->from = s->next;
	s->next = 0;
	s->first = false;
	s->cut = !proc;
	if (proc) {
		if (look_at_some(s, proc, s->from, -1u))
			look_at_some(s, proc, 0, s->from);
		/* There always is a first process. If it is hidden, so are others. */
		s->cut |= !s->first;
		closedir(proc);
	}
}

static void begin(void *ctx)
{
	(void)ctx;
	/* What it cannot give up it does not use. */
	capabilities_keep(CAPABILITY(CAP_SYS_PTRACE));
}

static void work(void *ctx)
{
	look(ctx);
}

int scan_new(struct scan **ret_scan, int proc, const struct suspects_limits *limits)
{
	struct scan *s = calloc(1, sizeof(*s));
	const struct worker_calls calls = { .begin = begin, .work = work, .ctx = s };
	int err;

	if (!s)
		return -ENOMEM;
	s->proc = proc;
	s->limits = *limits;
	err = worker_new(&s->worker, &calls);
	if (err) {
		free(s);
		return err;
	}
	*ret_scan = s;
	return 0;
}

bool scan_look(struct scan *s, const struct noted **ret_noted, size_t *ret_n, bool *ret_cut)
{
	if (!worker_go(s->worker) || !worker_wait(s->worker, s->limits.stuck_ns))
		return false;
	*ret_noted = s->at;
	*ret_n = s->n;
	*ret_cut = s->cut;
	return true;
}

void scan_free(struct scan *s)
{
	if (!s || !worker_free(s->worker))
		return;
	free(s->at);
	free(s);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* scan.c - see scan.h. What is below "of the thread" is its own while it is busy. */
#include "scan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/procfile.h"
#include "base/signals.h"

#define LINES_A_CHECK 512	/* lines between two checks for a signal */
#define WAIT_NS (NSEC_PER_SEC / 20)
#define HURRY_NS (NSEC_PER_SEC / 5)	/* stuck_ns at the end of a session */
#define STACK_BYTES (1u << 20)

struct scan {
	int proc;
	struct suspects_limits limits;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy, quit;

	/* of the thread */
	struct noted *at;
	size_t n, room;
	__u64 began;
	unsigned int lines;	/* read in this look */
	unsigned int steps;	/* processes and lines, which tells that it is not stuck */
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

static void step(struct scan *s)
{
	__atomic_add_fetch(&s->steps, 1, __ATOMIC_RELAXED);
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
		step(s);
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

	step(s);
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

static void *run(void *ctx)
{
	struct scan *s = ctx;

	/* What it cannot give up it does not use. */
	capabilities_keep(CAPABILITY(CAP_SYS_PTRACE));
	pthread_mutex_lock(&s->lock);
	for (;;) {
		s->busy = false;
		pthread_cond_broadcast(&s->changed);
		while (!s->busy && !s->quit)
			pthread_cond_wait(&s->changed, &s->lock);
		if (s->quit)
			break;
		pthread_mutex_unlock(&s->lock);
		look(s);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int start_thread(struct scan *s)
{
	sigset_t all, was;
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return -err;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	/* No signal is for the thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	err = pthread_create(&s->thread, &attr, run, s);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pthread_attr_destroy(&attr);
	/* The other reason for EAGAIN is said by ENOMEM as well: there is no room for it. */
	return err == EAGAIN ? -ENOMEM : -err;
}

int scan_new(struct scan **ret_scan, int proc, const struct suspects_limits *limits)
{
	struct scan *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->proc = proc;
	s->limits = *limits;
	s->busy = true;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	err = start_thread(s);
	if (err) {
		free(s);
		return err;
	}
	pthread_mutex_lock(&s->lock);
	while (s->busy)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	*ret_scan = s;
	return 0;
}

/* With the lock held: until the look is over, or nothing has moved for so long. */
static void wait_for_look(struct scan *s, __u64 stuck_ns)
{
	unsigned int steps = __atomic_load_n(&s->steps, __ATOMIC_RELAXED);
	__u64 moved = clock_mono_ns();

	while (s->busy) {
		unsigned int now_steps = __atomic_load_n(&s->steps, __ATOMIC_RELAXED);
		__u64 now = clock_mono_ns(), wake = now + WAIT_NS;
		const struct timespec until = {
			.tv_sec = wake / NSEC_PER_SEC, .tv_nsec = wake % NSEC_PER_SEC,
		};

		if (now_steps != steps)
			moved = now;
		steps = now_steps;
		if (now - moved >= (signals_end_pending() ? HURRY_NS : stuck_ns))
			return;
		pthread_cond_clockwait(&s->changed, &s->lock, CLOCK_MONOTONIC, &until);
	}
}

bool scan_look(struct scan *s, const struct noted **ret_noted, size_t *ret_n, bool *ret_cut)
{
	bool over;

	pthread_mutex_lock(&s->lock);
	over = !s->busy;
	if (over) {
		s->busy = true;
		pthread_cond_broadcast(&s->changed);
		wait_for_look(s, s->limits.stuck_ns);
		over = !s->busy;
	}
	pthread_mutex_unlock(&s->lock);
	if (!over)
		return false;
	*ret_noted = s->at;
	*ret_n = s->n;
	*ret_cut = s->cut;
	return true;
}

void scan_free(struct scan *s)
{
	bool busy;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_cond_broadcast(&s->changed);
	wait_for_look(s, HURRY_NS);
	busy = s->busy;
	pthread_mutex_unlock(&s->lock);
	/* It may wait for ever. The end of the process ends it. */
	if (busy)
		return;
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s->at);
	free(s);
}

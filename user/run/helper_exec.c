// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * helper_exec.c - the command of --exec. Its standard input is a file in memory, so a
 * command that does not read what it gets makes nobody wait.
 */
#include "helpers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/signals.h"

#define GAP_NS NSEC_PER_SEC	/* between two starts */
#define WAITING_MAX 100u

struct job {
	STAILQ_ENTRY(job) entry;
	size_t len;
	char text[];
};

struct state {
	const char *command;
	STAILQ_HEAD(, job) jobs;
	unsigned int waiting;
	bool ended;		/* no more will come */
	pid_t pid;		/* 0: none runs */
	int pidfd;
	__u64 next;		/* no start before that time */
	__u64 runs, failed, skipped, skipped_said;
	__u64 said_at;
};

static void add(struct state *s, const struct frame *frame)
{
	struct job *job;

	if (s->waiting >= WAITING_MAX || !(job = malloc(sizeof(*job) + frame->size))) {
		s->skipped++;
		return;
	}
	job->len = frame->size;
	memcpy(job->text, frame->data, frame->size);
	STAILQ_INSERT_TAIL(&s->jobs, job, entry);
	s->waiting++;
}

static void say_skipped(struct state *s, __u64 now)
{
	if (s->skipped == s->skipped_said || (!s->ended && now - s->said_at < NSEC_PER_SEC))
		return;
	log_error("--exec: %llu incidents were skipped: they come faster than one a second, or than "
		  "the command", s->skipped - s->skipped_said);
	s->skipped_said = s->skipped;
	s->said_at = now;
}

static void say_failed(struct state *s, const char *why, int number)
{
	s->failed++;
	log_error("--exec: the command %s %d: %llu of %llu runs have failed", why, number,
		  s->failed, s->runs);
}

static void become_command(const char *command, int in)
{
	if (dup2(in, STDIN_FILENO) < 0 || lseek(STDIN_FILENO, 0, SEEK_SET))
		_exit(126);
	/* What the command prints is no data of ours. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	closefrom(STDERR_FILENO + 1);
	signal(SIGXFSZ, SIG_DFL);
	signals_reset();
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static void start(struct state *s, __u64 now)
{
	struct job *job = STAILQ_FIRST(&s->jobs);
	int in = memfd_create("incident", MFD_CLOEXEC);

	STAILQ_REMOVE_HEAD(&s->jobs, entry);
	s->waiting--;
	s->runs++;
	s->next = now + GAP_NS;
	if (in < 0 || write(in, job->text, job->len) != (ssize_t)job->len) {
		say_failed(s, "could not get its input: error", errno);
	} else {
		s->pid = fork();
		if (!s->pid)
			become_command(s->command, in);
		if (s->pid < 0) {
			s->pid = 0;
			say_failed(s, "could not be started: error", errno);
		} else {
			s->pidfd = pidfd_open(s->pid, 0);
		}
	}
	if (in >= 0)
		close(in);
	free(job);
}

static void reap(struct state *s)
{
	int status;

	if (waitpid(s->pid, &status, s->pidfd < 0 ? 0 : WNOHANG) != s->pid)
		return;
	if (s->pidfd >= 0)
		close(s->pidfd);
	s->pidfd = -1;
	s->pid = 0;
	if (status)
		say_failed(s, "ended with", child_exit_status(status));
}

static void take_frames(struct state *s, struct frames *frames)
{
	struct frame frame;
	int err = 0;

	while (!s->ended && (err = frames_next(frames, &frame)) == 1)
		add(s, &frame);
	s->ended |= err < 0;
}

/* -1: until something happens. */
static int wait_ms(const struct state *s, __u64 now)
{
	if (s->pid || !s->waiting)
		return s->skipped == s->skipped_said ? -1 : (int)(NSEC_PER_SEC / NSEC_PER_MSEC);
	return s->ended || now >= s->next ? 0 : (s->next - now) / NSEC_PER_MSEC + 1;
}

int helper_exec(void *command, int fd)
{
	struct state s = { .command = command, .pidfd = -1 };
	struct frames *frames;
	__u64 now = clock_mono_ns();

	STAILQ_INIT(&s.jobs);
	if (frames_new(&frames, fd))
		return 1;
	while (!s.ended || s.waiting || s.pid) {
		struct pollfd fds[] = {
			{ .fd = s.ended ? -1 : fd, .events = POLLIN },
			{ .fd = s.pidfd, .events = POLLIN },
		};

		poll(fds, 2, wait_ms(&s, now));
		now = clock_mono_ns();
		take_frames(&s, frames);
		if (s.pid)
			reap(&s);
		if (!s.pid && s.waiting && (s.ended || now >= s.next))
			start(&s, now);
		say_skipped(&s, now);
	}
	return s.failed || s.skipped;
}

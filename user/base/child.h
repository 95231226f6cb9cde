/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * child - a process that is started before pageflight attaches, so that it
 * inherits nothing, and held back until it has, so that nothing is missed.
 */
#ifndef PAGEFLIGHT_CHILD_H
#define PAGEFLIGHT_CHILD_H

#include <sys/types.h>

struct child {
	pid_t pid;
	int go_fd;	/* -1 once released */
};

/*
 * Fork; the child waits for child_go(), then its exit status is that of
 * run(ctx). If the parent dies or gives up before, run is not called.
 * 0 or -errno.
 */
int child_start(struct child *ret_child, int (*run)(void *ctx), void *ctx);

/* Let it run, or not. */
void child_go(struct child *child);
void child_cancel(struct child *child);

/* run for child_start: ctx is the argv of a command to execute. */
int child_exec(void *argv);

/* A wait status as a shell's exit status: 128 + signal if one killed it. */
int child_exit_status(int wait_status);

#endif

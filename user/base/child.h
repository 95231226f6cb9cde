/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * child - a process that is forked before pageflight attaches, so that it
 * inherits no descriptor of ours, and waits until pageflight has attached, so
 * that nothing of its work is missed.
 */
#ifndef PAGEFLIGHT_CHILD_H
#define PAGEFLIGHT_CHILD_H

#include <sys/types.h>

struct child {
	pid_t pid;
	int go_fd;	/* -1 once released */
};

/*
 * Fork. The child waits for child_go() and then exits with what run(ctx)
 * returns. It does not call run if the parent dies or cancels before.
 * 0 or -errno.
 */
int child_start(struct child *ret_child, int (*run)(void *ctx), void *ctx);

/* Let the child run, or end it before it has run. */
void child_go(struct child *child);
void child_cancel(struct child *child);

/* run for child_start: ctx is the argv of a command to execute. */
int child_exec(void *argv);

/* A wait status as a shell's exit status: 128 + signal if one killed it. */
int child_exit_status(int wait_status);

#endif

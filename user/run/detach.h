/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * detach - taking down the kernel side can last. The kernel waits for each hooked
 * function until nobody is inside of it, and a cgroup without processor time may
 * keep somebody there for seconds. No signal interrupts that. So a process of its
 * own does it, which shares our descriptors: we wait for it as long as we like.
 */
#ifndef PAGEFLIGHT_DETACH_H
#define PAGEFLIGHT_DETACH_H

#include <sys/types.h>

struct loader;

struct detach {
	pid_t pid;		/* 0: detach_start() was not called, or failed */
	int go_fd, done_fd;
};

/*
 * Make the process, which has a copy of all memory, once everything is attached.
 * Where we end without detach_end(), be it killed, it ends too, and with the last
 * of the two the kernel closes what is open. 0 or -errno.
 */
int detach_start(struct detach *ret_detach, struct loader *loader);

/*
 * Let it close the kernel side, and wait for that.
 *   0		the kernel side is closed
 *   -EINTR	a signal came in on signal_fd, other than that a child has ended. The
 *		process goes on. Standard input, output and error are closed, so that
 *		their readers need not wait
 *   -ESRCH	there is no such process (any more): it is up to the caller
 */
int detach_end(const struct detach *detach, int signal_fd);

#endif

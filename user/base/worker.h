/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * worker - a thread that does one thing, each time it is asked to. What it asks may never
 * answer it, so whoever waits for it has a deadline.
 */
#ifndef PAGEFLIGHT_WORKER_H
#define PAGEFLIGHT_WORKER_H

#include <stdbool.h>
#include <linux/types.h>

struct worker;

struct worker_calls {
	void (*begin)(void *ctx);	/* in the thread, once */
	void (*work)(void *ctx);	/* each time */
	void *ctx;			/* the thread's own while it is busy */
};

/* Make the thread, for which no signal is. 0 or -errno. */
int worker_new(struct worker **ret_worker, const struct worker_calls *calls);

/* Let it work. False if it is busy. */
bool worker_go(struct worker *w);

bool worker_is_busy(struct worker *w);

/* To be called by work(), which tells that it is not stuck. */
void worker_step(struct worker *w);

/*
 * Wait until it is not busy, or nothing has moved for so long; a signal that asks for the
 * end makes that short. Returns whether it is not busy.
 */
bool worker_wait(struct worker *w, __u64 stuck_ns);

/*
 * End it. False if it may wait for ever: the end of the process ends it then, and what ctx
 * points at has to stay. NULL is allowed.
 */
bool worker_free(struct worker *w);

#endif

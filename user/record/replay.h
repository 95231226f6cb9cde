/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * replay - a recording through the engine once more: the same records in, the same
 * incidents out, with the names that were found at that time.
 */
#ifndef PAGEFLIGHT_REPLAY_H
#define PAGEFLIGHT_REPLAY_H

#include "names/shown.h"
#include "reader.h"

struct replay_calls {
	/* Each incident that was printed then. n is its number. Nonzero ends the replay. */
	int (*on_incident)(void *ctx, __u64 n, const struct shown *shown);

	/* Each record, before the engine has it, its form checked. NULL: not wanted. */
	void (*on_record)(void *ctx, const struct pf_event *ev);

	/* The counters, about once a second. NULL: not wanted. */
	void (*on_totals)(void *ctx, __u64 mono, const struct pf_totals *totals);
	void *ctx;
};

struct replay_result {
	__u64 shown;		/* incidents that were given to on_incident */
	__u64 unshown;		/* incidents that nobody was shown then: filtered, or no time */
	__u64 other;		/* of the shown ones, those with another verdict or size than then */
	__u64 lost;		/* entries that are missing */
	bool ended;		/* the session came to its end */
};

/* 0, what on_incident returned, or -errno and ret_err has one line. */
int replay(struct reader *r, const struct replay_calls *calls, struct replay_result *ret_result,
	   struct err *ret_err);

#endif

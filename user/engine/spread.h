/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * spread - tell news about bytes of a stream to those of them that wait.
 */
#ifndef PAGEFLIGHT_SPREAD_H
#define PAGEFLIGHT_SPREAD_H

#include "engine.h"

enum news_kind {
	NEWS_MARKS,	/* set marks */
	NEWS_RANGE,	/* range: what happened to the bytes */
	NEWS_STORE,	/* found: a change that nobody was seen to make */
};

/* What is new, and of which bytes: [seq, seq + len) of a connection's stream. */
struct news {
	enum news_kind kind;
	__u64 conn;
	__u32 seq;
	__u32 len;
	union {
		__u32 marks;
		const struct pf_ev_range *range;
		const struct evidence *found;
	};
	bool taken;	/* NEWS_STORE: by at least one span, whose announced store it is */
};

/* Judge each span anew that was told, and report what is complete then. 0 or -ENOMEM. */
int spread(struct pf_engine *e, struct news *news);

#endif

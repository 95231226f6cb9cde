/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * schema - what a recording is made of. docs/recordings.md explains it.
 */
#ifndef PAGEFLIGHT_SCHEMA_H
#define PAGEFLIGHT_SCHEMA_H

#include "pageflight.h"

/* In the head of the file, where file(1) looks: "pgfl". */
#define SCHEMA_APPLICATION_ID 0x7067666c
#define SCHEMA_VERSION 3

/* Statements, each ends with ';'. */
extern const char schema_sql[];

/*
 * An entry of feed.data: this head, and size bytes, and as many more as make it a
 * multiple of 8. It is what the engine was given, one call each.
 */
struct feed_head {
	__u32 kind;
	__u32 size;
};

enum feed_kind {
	FEED_RECORD = 1,	/* one record of the kernel side */
	FEED_TOTALS,		/* __u64: the time; how much the counters rose: pack_words() */
	FEED_CAUGHT_UP,
	FEED_TICK,		/* __u64: the time */
	FEED_END,		/* __u64: when the session was to end */
	FEED_FLUSH,
	FEED_BASE,		/* the counters themselves: begins a chunk */
	FEED_LOST,		/* __u64: so many entries are missing here */
};

/*
 * How records and counters look in this version of the program: only the same can replay
 * them. Static.
 */
const char *schema_layout(void);

#define FEED_PAD(size) (((size) + 7) & ~7u)
#define FEED_ENTRY_MAX (1u << 16)

/* struct pf_totals as words. */
#define TOTALS_WORDS (sizeof(struct pf_totals) / sizeof(__u64))
_Static_assert(sizeof(struct pf_totals) % sizeof(__u64) == 0, "pf_totals");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * tap - what a session tells the process that writes its recording: everything that
 * the engine is given, in that order, and what is known of the session. Frames that
 * do not fit are counted, and so is told where they are missing.
 */
#ifndef PAGEFLIGHT_TAP_H
#define PAGEFLIGHT_TAP_H

#include "output/sink.h"

/* Kinds of frames. Those of the sink are FRAME_SHOWN. */
enum {
	FRAME_SHOWN = 1,	/* pack of an incident or the summary: see shown_pack.h */
	FRAME_FEED = 16,	/* struct feed_head and what belongs to it */
	FRAME_MARK,		/* all so far belongs together */
	FRAME_ABOUT,		/* a key and a text */
	FRAME_CLOCK,		/* __u64 mono, __u64 wall */
	FRAME_FILTER,		/* kind, value */
	FRAME_HOOK,		/* program, role, symbol, state, why */
	FRAME_BLIND,		/* what, role, symbol, why */
	FRAME_LOST,		/* what, __u64: how many in all */
};

struct tap;

/* Queue a frame; false if it does not fit. If it must not be lost, it fits. */
typedef bool (*tap_put_fn)(void *ctx, __u32 kind, const void *data, size_t len, bool must);

/* 0 or -ENOMEM. settle_ns is that of the engine. */
int tap_new(struct tap **ret_tap, __u64 settle_ns, tap_put_fn put, void *ctx);

/* What the session is: to be told first. */
void tap_about(struct tap *t, const char *key, const char *text);
void tap_about_number(struct tap *t, const char *key, __u64 number);
void tap_filter(struct tap *t, const struct filter *filter);
void tap_hooks(struct tap *t, const struct hook *hooks, size_t n);

/* What time it is, if UTC was set since that was last told. */
void tap_clock(struct tap *t, __u64 now);

/* Calls of the engine. A NULL tap is allowed in all of them. */
void tap_record(struct tap *t, const void *data, size_t size, __u64 now);
void tap_totals(struct tap *t, const struct pf_totals *totals, bool weakens, __u64 now);
void tap_caught_up(struct tap *t);
void tap_tick(struct tap *t, __u64 engine_now, bool waiting, __u64 now);
void tap_end(struct tap *t, __u64 ended);
void tap_flush(struct tap *t);

/* No incident is under way: what was told so far may be committed. */
void tap_mark(struct tap *t);

/* Entries that were lost. */
__u64 tap_lost(const struct tap *t);

/* NULL is allowed. */
void tap_free(struct tap *t);

#endif

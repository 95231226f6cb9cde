/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * rows.h - rules by which a byte is judged, as rows of a table; each row is run
 * at several places of the sequence space, so that it wraps in between.
 */
#ifndef PAGEFLIGHT_TEST_ROWS_H
#define PAGEFLIGHT_TEST_ROWS_H

#include "engine/judge.h"
#include "engine/rules.h"
#include "lib/test.h"

/* A stream of 100 bytes as the write begins and when it is complete. */
struct row {
	const char *what;
	struct evidence ev;
	__u32 seq;
	enum decision decision;
	enum pf_verdict verdict;
	enum pf_reason reason;
	enum pf_phase phase;
	enum rule rule;
};

/* One table of them. */
struct rows {
	const struct row *row;
	size_t n;
};

#define ROWS(table) { table, ARRAY_LEN(table) }

#define MEANT PF_MARK_MEANT
#define RESTORED PF_MARK_RESTORED
#define MENDED PF_MARK_MENDED
#define UNSURE PF_MARK_UNSURE
#define REWRITTEN PF_MARK_REWRITTEN
#define COVERED PF_MARK_COVERED
#define TORN PF_MARK_TORN
#define BLURRED PF_MARK_BLURRED
#define STORED PF_MARK_STORED
#define RESENT PF_MARK_RESENT
#define RESENT_MENDED PF_MARK_RESENT_MENDED
#define COPIED_MEANT PF_MARK_COPIED_MEANT
#define COPIED_BEFORE PF_MARK_COPIED_BEFORE
#define COPIED_AFTER PF_MARK_COPIED_AFTER
#define COPIED_OTHER PF_MARK_COPIED_OTHER
#define END_SEEN PF_MARK_END_SEEN
#define LOST PF_MARK_LOST
#define TIMED_OUT PF_MARK_TIMED_OUT
#define EVICTED PF_MARK_EVICTED

#define LOCAL PF_HIT_LOCAL
#define WIRE PF_HIT_WIRE
#define ENDED PF_HIT_ENDED
#define YOUNG PF_HIT_NO_BEFORE

#define EVIDENCE(...) { __VA_ARGS__ }
#define BY_WRITE(...) { .how = PF_WRITE_WRITE, __VA_ARGS__ }
#define BY_MMAP(...) { .how = PF_WRITE_MMAP, __VA_ARGS__ }
#define BY_NOBODY(...) { .how = PF_WRITE_UNKNOWN, __VA_ARGS__ }	/* found by fingerprints */

/* Named is what differs from 20 bytes acknowledged, 60 transmitted and none read. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define BEFORE(...) .before = { .una = 20, .nxt = 60, __VA_ARGS__ }
#define AFTER(...) .after = { .una = 20, .nxt = 60, __VA_ARGS__ }
#define STILL BEFORE(), AFTER()
#define UNSURE_LOCAL .flags = LOCAL | PF_HIT_UNSURE, BEFORE(.read = 10), AFTER(.read = 10)
#define COLLAPSED .flags = LOCAL | PF_HIT_COLLAPSED, BEFORE(.read = 10), AFTER(.read = 10)
#define STILL_LOCAL .flags = LOCAL, BEFORE(.read = 10), AFTER(.read = 10)

#define TOOK 7		/* fingerprints: what the socket took, and others */
#define FIRST 8
#define SECOND 9

#define CHANGED .fp = TOOK, .fp_before = TOOK, .fp_after = FIRST
#define AGAIN .fp = TOOK, .fp_before = FIRST, .fp_after = SECOND
#define BACK .fp = TOOK, .fp_before = FIRST, .fp_after = TOOK
#define SAME .fp = TOOK, .fp_before = FIRST, .fp_after = FIRST

/* A device has copied what is before 40, and between 40 and 50 while it was written. */
#define CARRIED .flags = WIRE, BEFORE(.read = 40), AFTER(.read = 50), CHANGED

#define FINAL(v, r, p, rule) \
	DECISION_FINAL, PF_VERDICT_##v, PF_REASON_##r, PF_PHASE_##p, RULE_##rule
#define SO_FAR(v, r, p, rule) \
	DECISION_WAIT, PF_VERDICT_##v, PF_REASON_##r, PF_PHASE_##p, RULE_##rule
#define WAITS SO_FAR(POSSIBLE, UNACKED, SENT, UNACKED)
#define GONE DECISION_GONE, 0, 0, 0, 0

extern const struct rows rows_hooks;
extern const struct rows rows_content[5];

void rows_check(const struct rows *rows);

/* Note the rules that they reach. */
void rows_reach(const struct rows *rows, bool ret_reached[RULE_MAX]);

/* Between two cuts the answer never changes: tried byte by byte. */
void rows_check_cuts(const struct rows *rows);

#endif

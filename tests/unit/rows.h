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
	enum judgement judgement;
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

#define FINAL(v, r, p, rule) JUDGE_FINAL, PF_VERDICT_##v, PF_REASON_##r, PF_PHASE_##p, RULE_##rule
#define SO_FAR(v, r, p, rule) JUDGE_WAIT, PF_VERDICT_##v, PF_REASON_##r, PF_PHASE_##p, RULE_##rule
#define WAITS SO_FAR(POSSIBLE, UNACKED, SENT, UNACKED)
#define GONE JUDGE_GONE, 0, 0, 0, 0

extern const struct rows rows_hooks;
extern const struct rows rows_content[5];

void rows_check(const struct rows *rows);

/* Note the rules that they reach. */
void rows_reach(const struct rows *rows, bool ret_reached[RULE_MAX]);

/* Between two cuts the answer never changes: tried byte by byte. */
void rows_check_cuts(const struct rows *rows);

#endif

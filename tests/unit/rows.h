/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * rows.h - rules by which a byte is judged, as rows of a table; each row is run
 * at several places of the sequence space, so that it wraps in between.
 */
#ifndef PAGEFLIGHT_TEST_ROWS_H
#define PAGEFLIGHT_TEST_ROWS_H

#include "engine/judge.h"
#include "unit.h"

/* A stream of 100 bytes as the write begins and when it is complete. */
struct row {
	const char *what;
	struct evidence ev;
	__u32 seq;
	enum judgement judgement;
	struct answer answer;
};

#define LOCAL PF_HIT_LOCAL
#define WIRE PF_HIT_WIRE
#define ENDED PF_HIT_ENDED
#define YOUNG PF_HIT_NO_BEFORE

#define EV(...) { __VA_ARGS__ }
#define W(...) { .how = PF_WRITE_WRITE, __VA_ARGS__ }
#define M(...) { .how = PF_WRITE_MMAP, __VA_ARGS__ }
#define U(...) { .how = PF_WRITE_UNKNOWN, __VA_ARGS__ }	/* found by fingerprints */

#define BEFORE(u, n, r, h) .before = { .una = u, .nxt = n, .read = r, .in_host = h }
#define AFTER(u, n, r, h) .after = { .una = u, .nxt = n, .read = r, .in_host = h }
#define STILL BEFORE(20, 60, 0, 0), AFTER(20, 60, 0, 0)
#define STILL_LOCAL .flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(20, 60, 10, 0)

#define FINAL(v, r, p) JUDGE_FINAL, { VERDICT_##v, REASON_##r, PHASE_##p }
#define SO_FAR(v, r, p) JUDGE_WAIT, { VERDICT_##v, REASON_##r, PHASE_##p }
#define WAITS SO_FAR(POSSIBLE, UNACKED, SENT)
#define GONE JUDGE_GONE, { 0 }

void rows_check(const struct row *rows, size_t n);

/* Between two cuts the answer never changes: tried byte by byte. */
void rows_check_cuts(const struct row *rows, size_t n);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * engine.h - the engine with a record of what it reported, for tests
 * that play events to it.
 */
#ifndef PAGEFLIGHT_TEST_ENGINE_H
#define PAGEFLIGHT_TEST_ENGINE_H

#include "unit.h"
#include "pageflight.h"

#define MS 1000000ull
#define MAX_SEEN 64
#define MAX_RANGES 16

struct fixture {
	struct pf_engine *engine;
	struct pf_totals totals;
	size_t n;
	struct pf_incident seen[MAX_SEEN];
	struct pf_range ranges[MAX_SEEN][MAX_RANGES];
	char evidence[MAX_SEEN][PF_EVIDENCE_LEN];	/* of the first range */
};

int engine_set_up(void **state);
int engine_tear_down(void **state);

/* Begin again with another cap; 0: the default. */
void engine_restart(struct fixture *f, size_t max_waiting);

/* File offset 0 is stream offset 1000 and sequence number SEQ. */
#define SEQ 5000u
#define STREAM 1000u

/* A remote peer, nothing acknowledged, `sent` bytes transmitted; a write of everything. */
struct pf_ev_hit hit(__u64 op, __u64 conn, __u64 off, __u32 len, __u32 sent);

void give_hit(struct fixture *f, struct pf_ev_hit hit);

/* The kernel side lost a record, and says so. */
void lose(struct fixture *f);
void give_op(struct fixture *f, __u64 op, __u32 hits);
void give_range(struct fixture *f, __u32 type, __u64 conn, __u32 seq, __u32 len, __u32 why);

/* The same with fingerprints, of which TOOK is that of what the socket took. */
enum { TOOK = 7, FIRST, SECOND, THIRD };
struct pf_ev_hit changed(__u64 op, __u64 conn, __u64 off, __u32 len, __u32 sent,
			 __u64 before, __u64 after);

/* Only bytes [pos, pos + count) of the file are written. */
struct pf_ev_hit part(struct pf_ev_hit hit, __u64 pos, __u64 count);

/* Every copy is seen; so far, and while it was written, up to these file offsets. */
struct pf_ev_hit carried(struct pf_ev_hit hit, __u32 before, __u32 after);

/* The reader is here and has read so much. */
struct pf_ev_hit readable(struct pf_ev_hit hit, __u32 before, __u32 after);

/* By nobody that was seen; and the fault in front of a store. */
struct pf_ev_hit found(struct pf_ev_hit hit);
struct pf_ev_hit fault(__u64 op, __u64 conn, __u64 off, __u32 len, __u32 sent);

/* By file offset. */
void sent(struct fixture *f, __u64 conn, __u32 off, __u32 len, __u64 fp);
void end_as(struct fixture *f, __u64 conn, __u32 off, __u32 len, __u32 why, __u64 fp);
void resend(struct fixture *f, __u64 conn, __u32 off, __u32 len);
void end(struct fixture *f, __u64 conn, __u32 off, __u32 len, __u32 why);

/* Range k of incident i; and the range that is all of incident i. Names without prefix. */
#define expect_range(f, i, k, off, len, verdict, reason, phase) \
	check_range(f, i, k, off, len, ANSWER(verdict, reason, phase))
#define expect_whole(f, i, off, len, verdict, reason, phase) \
	check_whole(f, i, off, len, ANSWER(verdict, reason, phase))

#define ANSWER(v, r, p) PF_VERDICT_##v, PF_REASON_##r, PF_PHASE_##p

void check_range(const struct fixture *f, size_t i, size_t k, __u64 off, __u64 len,
		 enum pf_verdict verdict, enum pf_reason reason, enum pf_phase phase);
void check_whole(const struct fixture *f, size_t i, __u64 off, __u64 len,
		 enum pf_verdict verdict, enum pf_reason reason, enum pf_phase phase);

#define TEST(name) cmocka_unit_test_setup_teardown(name, engine_set_up, engine_tear_down)

#endif

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* links: tests/unit/rows.c user/engine/judge.c user/engine/incident.c */
/*
 * The rules by which a byte is judged where fingerprints tell more than the
 * hooks do.
 */
#include "rows.h"

#define TOOK 7		/* fingerprints: what the socket took, and others */
#define FIRST 8
#define SECOND 9

#define CHANGED .fp = TOOK, .fp_before = TOOK, .fp_after = FIRST
#define AGAIN .fp = TOOK, .fp_before = FIRST, .fp_after = SECOND
#define BACK .fp = TOOK, .fp_before = FIRST, .fp_after = TOOK
#define SAME .fp = TOOK, .fp_before = FIRST, .fp_after = FIRST
#define ACKED .end = PF_END_ACKED
#define RESET .end = PF_END_ABORTED

/* A device has copied what is before 40, and between 40 and 50 while it was written. */
#define CARRIED .flags = WIRE, BEFORE(20, 60, 40, 0), AFTER(20, 60, 50, 0), CHANGED

static const struct row general[] = {
	{ "acked before", W(STILL, CHANGED), 19, GONE },
	{ "the same bytes, unsent", W(STILL, SAME), 60, FINAL(IDENTICAL, UNCHANGED, QUEUED) },
	{ "the same bytes, sent", W(STILL, SAME), 59, FINAL(IDENTICAL, UNCHANGED, SENT) },
	{ "the same bytes, held", W(STILL_LOCAL, SAME), 19, FINAL(IDENTICAL, UNCHANGED, HELD) },
	{ "the same bytes, lost", W(STILL, SAME, .lost = true), 60,
	  FINAL(IDENTICAL, UNCHANGED, QUEUED) },
	{ "neither is known", W(STILL, .fp = TOOK, ACKED), 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "young, the same bytes", W(.flags = YOUNG, AFTER(20, 60, 0, 0), SAME), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "young, changed back", W(.flags = YOUNG, AFTER(20, 60, 0, 0), BACK), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "restores the flight", W(STILL, BACK), 60, FINAL(IDENTICAL, RESTORED, QUEUED) },
	{ "restores a part", W(STILL, .meant = true, AGAIN), 30,
	  FINAL(IDENTICAL, RESTORED, SENT) },
	{ "a part with the same bytes", W(STILL, .meant = true, CHANGED), 30,
	  FINAL(IDENTICAL, UNCHANGED, SENT) },
	{ "compared, and not meant", W(STILL, .flags = PF_HIT_COMPARED, AGAIN, ACKED), 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "torn, unsent", U(STILL, CHANGED, .torn = true), 60, FINAL(POSSIBLE, RACED, QUEUED) },
	{ "torn, sent", U(STILL, CHANGED, .torn = true), 30, FINAL(POSSIBLE, RACED, SENT) },
	{ "torn, held", U(STILL_LOCAL, CHANGED, .torn = true), 15, FINAL(POSSIBLE, RACED, HELD) },
	{ "torn, but as it was taken", U(STILL, BACK, .torn = true), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
};

/* A peer elsewhere; its bytes are looked at, their copies are not. */
static const struct row edges[] = {
	{ "unsent", W(STILL, CHANGED), 60, SO_FAR(CORRUPT, UNSENT, QUEUED) },
	{ "unsent, acked", W(STILL, CHANGED, ACKED), 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unsent, reset", W(STILL, CHANGED, RESET), 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unsent, timed out", W(STILL, CHANGED, .gave_up = REASON_UNACKED), 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unsent, evicted", W(STILL, CHANGED, .gave_up = REASON_EVICTED), 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unsent, lost, acked", W(STILL, CHANGED, .lost = true, ACKED), 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "restored in time", W(STILL, CHANGED, .restored = true, .mended = true), 60,
	  FINAL(NEAR_MISS, RESTORED, QUEUED) },
	{ "restored, perhaps in time", W(STILL, CHANGED, .unsure = true), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "restored in time, and then perhaps again",
	  W(STILL, CHANGED, .restored = true, .unsure = true, .rewritten = true), 60,
	  FINAL(NEAR_MISS, RESTORED, QUEUED) },
	{ "written over, perhaps right", W(STILL, CHANGED, .rewritten = true), 60,
	  FINAL(POSSIBLE, REWRITTEN, QUEUED) },
	{ "sent new, mended, resent", W(STILL, CHANGED, .mended = true, .resent_mended = true), 60,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "sent new, mended", W(STILL, CHANGED, .mended = true, ACKED), 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "sent", W(STILL, CHANGED), 30, WAITS },
	{ "sent, acked", W(STILL, CHANGED, ACKED), 30, FINAL(NEAR_MISS, ACKED, SENT) },
	{ "sent, mended, resent", W(STILL, CHANGED, .mended = true, .resent_mended = true, ACKED),
	  30, FINAL(NEAR_MISS, ACKED, SENT) },
	{ "resent", W(STILL, CHANGED, .resent = true), 30, SO_FAR(MIXED, RESENT, RESENT) },
	{ "resent, acked", W(STILL, CHANGED, .resent = true, ACKED), 30,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "resent, timed out", W(STILL, CHANGED, .resent = true, .gave_up = REASON_UNACKED), 30,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "resent, perhaps mended by then", W(STILL, CHANGED, .resent = true, .unsure = true), 30,
	  FINAL(POSSIBLE, RACED, RESENT) },
	{ "resent, perhaps right by then",
	  W(STILL, CHANGED, .resent = true, .rewritten = true), 30,
	  FINAL(POSSIBLE, REWRITTEN, RESENT) },
	{ "resent, was in this host, perhaps mended",
	  W(BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 0), CHANGED, .resent = true, .unsure = true),
	  30, FINAL(POSSIBLE, IN_HOST, RESENT) },

	{ "found unsent", U(STILL, CHANGED), 60, SO_FAR(CORRUPT, UNSENT, QUEUED) },
	{ "found unsent, acked", U(STILL, CHANGED, ACKED), 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "found when it was sent", U(STILL, CHANGED), 59, FINAL(POSSIBLE, UNSEEN, SENT) },
	{ "found when it was acked", U(STILL, CHANGED, ACKED), 30, FINAL(POSSIBLE, UNSEEN, SENT) },
	{ "found when it was resent", U(STILL, CHANGED, .resent = true), 30,
	  FINAL(POSSIBLE, UNSEEN, SENT) },
};

static const struct row local[] = {
	{ "unsent", W(STILL_LOCAL, CHANGED), 60, SO_FAR(CORRUPT, UNSENT, QUEUED) },
	{ "held", W(STILL_LOCAL, CHANGED), 15, SO_FAR(CORRUPT, UNREAD, HELD) },
	{ "sent", W(STILL_LOCAL, CHANGED), 59, SO_FAR(CORRUPT, UNREAD, SENT) },
	{ "sent, read", W(STILL_LOCAL, CHANGED, .end = PF_END_READ), 59,
	  FINAL(CORRUPT, UNREAD, SENT) },
	{ "timed out", W(STILL_LOCAL, CHANGED, .gave_up = REASON_UNACKED), 59,
	  FINAL(CORRUPT, UNREAD, SENT) },
	{ "restored in time", W(STILL_LOCAL, CHANGED, .restored = true, .mended = true), 15,
	  FINAL(NEAR_MISS, RESTORED, HELD) },
	{ "restored, perhaps in time", W(STILL_LOCAL, CHANGED, .unsure = true), 59,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "written over, perhaps right", W(STILL_LOCAL, CHANGED, .rewritten = true), 60,
	  FINAL(POSSIBLE, REWRITTEN, QUEUED) },
	{ "read meanwhile",
	  W(.flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(20, 60, 30, 0), CHANGED), 29,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "ended", W(.flags = LOCAL | ENDED, BEFORE(20, 60, 10, 0), AFTER(20, 60, 10, 0), CHANGED),
	  30, FINAL(POSSIBLE, RACED, SENT) },
	{ "found before it was read", U(STILL_LOCAL, CHANGED), 15,
	  SO_FAR(CORRUPT, UNREAD, HELD) },
	{ "found after it was read", U(STILL_LOCAL, CHANGED), 9, GONE },
};

/* A device whose copies are seen. */
static const struct row wire[] = {
	{ "copied before", W(CARRIED), 39, WAITS },
	{ "copied before, timed out", W(CARRIED, .gave_up = REASON_UNACKED), 39,
	  FINAL(POSSIBLE, UNACKED, SENT) },
	{ "copied before, evicted", W(CARRIED, .gave_up = REASON_EVICTED), 39,
	  FINAL(POSSIBLE, EVICTED, SENT) },
	{ "copied before, acked", W(CARRIED, ACKED), 39, FINAL(NEAR_MISS, ACKED, SENT) },
	{ "copied before, reset", W(CARRIED, RESET), 39, FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "copied before, dropped", W(CARRIED, .end = PF_END_DROPPED), 39,
	  FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "copied before, in this host still",
	  W(.flags = WIRE, BEFORE(20, 60, 40, 1), AFTER(20, 60, 40, 1), CHANGED, ACKED), 39,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "copied before, ended",
	  W(.flags = WIRE | ENDED, BEFORE(20, 60, 40, 0), AFTER(20, 60, 40, 0), CHANGED), 39,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "copied before, lost", W(CARRIED, ACKED, .lost = true), 39,
	  FINAL(POSSIBLE, EVIDENCE_LOST, SENT) },
	{ "copied before, resent meanwhile", W(CARRIED, .after.resends = 1, ACKED), 39,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "copied before, resent meanwhile and new",
	  W(CARRIED, .after.resends = 1, .sent = SENT_NEW), 39, FINAL(MIXED, RESENT, RESENT) },
	{ "copied again, new", W(CARRIED, .sent = SENT_NEW), 39, FINAL(MIXED, RESENT, RESENT) },
	{ "copied again, other", W(CARRIED, .sent = SENT_OTHER), 39, FINAL(MIXED, RESENT, RESENT) },
	{ "copied again, as it was taken", W(CARRIED, .sent = SENT_MEANT, ACKED), 39,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "copied again, as before", W(CARRIED, .sent = SENT_OLD, ACKED), 39,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "copied again, perhaps right", W(CARRIED, .sent = SENT_OTHER, .rewritten = true), 39,
	  FINAL(POSSIBLE, REWRITTEN, SENT) },
	{ "handed down again, copy not seen", W(CARRIED, .resent = true, ACKED), 39,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "found, copied again", U(CARRIED, .sent = SENT_NEW), 39, SO_FAR(MIXED, RESENT, RESENT) },
	{ "found, copied again, acked", U(CARRIED, .sent = SENT_NEW, ACKED), 39,
	  FINAL(MIXED, RESENT, RESENT) },

	{ "copied meanwhile", W(CARRIED), 40, FINAL(POSSIBLE, RACED, SENT) },
	{ "last byte copied meanwhile", W(CARRIED, .sent = SENT_NEW), 49,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "ended, not copied",
	  W(.flags = WIRE | ENDED, BEFORE(20, 60, 40, 0), AFTER(20, 60, 50, 0), CHANGED), 55,
	  FINAL(POSSIBLE, RACED, SENT) },

	{ "not copied", W(CARRIED), 50, SO_FAR(CORRUPT, UNSENT, SENT) },
	{ "not sent", W(CARRIED), 60, SO_FAR(CORRUPT, UNSENT, QUEUED) },
	{ "not copied, acked", W(CARRIED, ACKED), 50, FINAL(CORRUPT, UNSENT, SENT) },
	{ "not copied, timed out", W(CARRIED, .gave_up = REASON_UNACKED), 50,
	  FINAL(CORRUPT, UNSENT, SENT) },
	{ "never copied, reset", W(CARRIED, RESET), 50, FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "never copied, dropped", W(CARRIED, .end = PF_END_DROPPED), 50,
	  FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "perhaps copied, reset", W(CARRIED, RESET, .lost = true), 50,
	  FINAL(POSSIBLE, EVIDENCE_LOST, SENT) },
	{ "restored in time", W(CARRIED, .restored = true), 50,
	  FINAL(NEAR_MISS, RESTORED, SENT) },
	{ "restored, perhaps in time", W(CARRIED, .unsure = true), 50,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "written over, not copied", W(CARRIED, .rewritten = true), 50,
	  FINAL(POSSIBLE, REWRITTEN, SENT) },
	{ "copied as it was taken", W(CARRIED, .sent = SENT_MEANT), 50,
	  FINAL(NEAR_MISS, RESTORED, SENT) },
	{ "copied as it was before", W(CARRIED, .sent = SENT_OLD), 50,
	  FINAL(NEAR_MISS, RESTORED, SENT) },
	{ "copied as it was taken, reset", W(CARRIED, .sent = SENT_MEANT, RESET), 50,
	  FINAL(NEAR_MISS, RESTORED, SENT) },
	{ "copied as it was taken, lost", W(CARRIED, .sent = SENT_MEANT, .lost = true), 50,
	  FINAL(POSSIBLE, EVIDENCE_LOST, SENT) },
	{ "copied new", W(CARRIED, .sent = SENT_NEW), 50, SO_FAR(CORRUPT, CARRIED, SENT) },
	{ "copied new, acked", W(CARRIED, .sent = SENT_NEW, ACKED), 50,
	  FINAL(CORRUPT, CARRIED, SENT) },
	{ "copied new, reset", W(CARRIED, .sent = SENT_NEW, RESET), 50,
	  FINAL(CORRUPT, CARRIED, SENT) },
	{ "copied new, timed out", W(CARRIED, .sent = SENT_NEW, .gave_up = REASON_UNACKED), 50,
	  FINAL(CORRUPT, CARRIED, SENT) },
	{ "copied other, acked", W(CARRIED, .sent = SENT_OTHER, ACKED), 50,
	  FINAL(CORRUPT, CARRIED, SENT) },
	{ "copied new, lost", W(CARRIED, .sent = SENT_NEW, .lost = true, ACKED), 50,
	  FINAL(CORRUPT, CARRIED, SENT) },
	{ "copied new, then as taken", W(CARRIED, .sent = SENT_NEW | SENT_MEANT), 50,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "copied other, then as before", W(CARRIED, .sent = SENT_OTHER | SENT_OLD), 50,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "copied, perhaps right", W(CARRIED, .sent = SENT_OTHER, .rewritten = true), 50,
	  FINAL(POSSIBLE, REWRITTEN, SENT) },
	{ "copied new and other, perhaps right",
	  W(CARRIED, .sent = SENT_NEW | SENT_OTHER, .rewritten = true), 50,
	  FINAL(POSSIBLE, REWRITTEN, SENT) },
};

#define CLEAN .fp = TOOK, .fp_before = TOOK, .fp_after = TOOK

/* A page was made writable through a mapping. */
static const struct row stores[] = {
	{ "nothing found yet, unsent", M(STILL, CLEAN), 60, SO_FAR(POSSIBLE, MMAP_STORE, QUEUED) },
	{ "nothing found yet, sent", M(STILL, CLEAN), 59, SO_FAR(POSSIBLE, MMAP_STORE, SENT) },
	{ "nothing found yet, held", M(STILL_LOCAL, CLEAN), 15,
	  SO_FAR(POSSIBLE, MMAP_STORE, HELD) },
	{ "acked before", M(STILL, CLEAN), 19, GONE },
	{ "timed out", M(STILL, CLEAN, .gave_up = REASON_UNACKED), 60,
	  FINAL(POSSIBLE, MMAP_STORE, QUEUED) },
	{ "nothing at the end", M(STILL, CLEAN, ACKED, .looked_at_end = true), 60,
	  FINAL(IDENTICAL, UNCHANGED, QUEUED) },
	{ "nothing at the end, held",
	  M(STILL_LOCAL, CLEAN, .end = PF_END_READ, .looked_at_end = true), 15,
	  FINAL(IDENTICAL, UNCHANGED, HELD) },
	{ "end not looked at", M(STILL, CLEAN, RESET), 60, FINAL(POSSIBLE, MMAP_STORE, QUEUED) },
	{ "nothing at the end, lost", M(STILL, CLEAN, ACKED, .looked_at_end = true, .lost = true),
	  60, FINAL(POSSIBLE, EVIDENCE_LOST, QUEUED) },
	{ "nothing at the end, but written meanwhile",
	  M(STILL, CLEAN, ACKED, .looked_at_end = true, .rewritten = true), 60,
	  FINAL(POSSIBLE, MMAP_STORE, QUEUED) },
	{ "young", M(.flags = YOUNG, AFTER(20, 60, 0, 0), CLEAN), 60,
	  SO_FAR(POSSIBLE, MMAP_STORE, QUEUED) },
	{ "found unsent", M(STILL, CHANGED, .stored = true), 60, SO_FAR(CORRUPT, UNSENT, QUEUED) },
	{ "found when it was sent", M(STILL, CHANGED, .stored = true), 59,
	  FINAL(POSSIBLE, UNSEEN, SENT) },
	{ "found unread", M(STILL_LOCAL, CHANGED, .stored = true), 15,
	  SO_FAR(CORRUPT, UNREAD, HELD) },
	{ "found and torn", M(STILL_LOCAL, CHANGED, .stored = true, .torn = true), 15,
	  FINAL(POSSIBLE, RACED, HELD) },
	{ "found, copied before, copied again",
	  M(CARRIED, .stored = true, .sent = SENT_NEW), 39, SO_FAR(MIXED, RESENT, RESENT) },
	{ "found, copied", M(CARRIED, .stored = true, .sent = SENT_NEW, ACKED), 50,
	  FINAL(CORRUPT, CARRIED, SENT) },
};

static void check(const struct row *rows, size_t n)
{
	rows_check(rows, n);
	rows_check_cuts(rows, n);
}

static void test_general(void **state)
{
	(void)state;
	check(general, ARRAY_LEN(general));
}

static void test_edges(void **state)
{
	(void)state;
	check(edges, ARRAY_LEN(edges));
}

static void test_local(void **state)
{
	(void)state;
	check(local, ARRAY_LEN(local));
}

static void test_wire(void **state)
{
	(void)state;
	check(wire, ARRAY_LEN(wire));
}

static void test_stores(void **state)
{
	(void)state;
	check(stores, ARRAY_LEN(stores));
}

static void test_sent(void **state)
{
	const struct evidence again = W(AGAIN), changed = W(CHANGED), blind = W(.fp = TOOK);

	(void)state;
	assert_int_equal(judge_sent(&again, TOOK), SENT_MEANT);
	assert_int_equal(judge_sent(&again, FIRST), SENT_OLD);
	assert_int_equal(judge_sent(&again, SECOND), SENT_NEW);
	assert_int_equal(judge_sent(&again, 12345), SENT_OTHER);
	assert_int_equal(judge_sent(&again, 0), 0);
	/* What was there before is what the socket took: the better name counts. */
	assert_int_equal(judge_sent(&changed, TOOK), SENT_MEANT);
	assert_int_equal(judge_sent(&blind, FIRST), SENT_OTHER);
}

static void test_restores(void **state)
{
	const struct evidence back = W(BACK), part = W(.meant = true), none = W(STILL);
	const struct evidence changed = W(CHANGED), compared = W(.flags = PF_HIT_COMPARED, AGAIN);

	(void)state;
	assert_true(judge_restores(&back));
	assert_true(judge_restores(&part));
	assert_false(judge_restores(&none));
	assert_false(judge_restores(&changed));
	assert_false(judge_restores(&compared));
}

/* Copied before 40 when the restoring write began, before 50 when it was complete. */
static void test_in_time(void **state)
{
	const struct evidence wire = W(CARRIED), here = W(.flags = LOCAL, BEFORE(20, 60, 40, 1),
							  AFTER(20, 60, 50, 1), BACK);
	const struct evidence away = W(BEFORE(20, 40, 0, 0), AFTER(20, 50, 0, 0), BACK);
	const struct evidence queued = W(BEFORE(20, 40, 0, 1), AFTER(20, 50, 0, 1), BACK);
	const struct evidence young = W(.flags = YOUNG | WIRE, AFTER(20, 60, 50, 0));
	const struct evidence found = U(BEFORE(20, 40, 0, 0), AFTER(20, 50, 0, 0), BACK);
	const struct evidence found_wire = U(CARRIED);
	const struct evidence *all[] = { &wire, &here, &away };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(judge_in_time(all[i], 39), -1);
		assert_int_equal(judge_in_time(all[i], 40), 0);
		assert_int_equal(judge_in_time(all[i], 49), 0);
		assert_int_equal(judge_in_time(all[i], 50), 1);
	}
	/* A packet on its way in this host may still get the restored bytes, or not. */
	assert_int_equal(judge_in_time(&queued, 39), 0);
	assert_int_equal(judge_in_time(&queued, 50), 1);
	assert_int_equal(judge_in_time(&young, 60), 0);
	/* When it was found says nothing about when it was made. */
	assert_int_equal(judge_in_time(&found, 39), 0);
	assert_int_equal(judge_in_time(&found, 60), 0);
	assert_int_equal(judge_in_time(&found_wire, 39), -1);
	assert_int_equal(judge_in_time(&found_wire, 50), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_general),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_restores),
		cmocka_unit_test(test_in_time),
	};

	return cmocka_run_group_tests_name("judge content", tests, NULL, NULL);
}

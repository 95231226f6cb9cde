// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* links: tests/unit/rows.c user/engine/judge.c user/engine/incident.c */
/*
 * Every rule by which a byte is judged where its bytes are not compared. Those
 * with fingerprints are in test_judge_content.c.
 */
#include "rows.h"

static const struct row rows[] = {
	/* A peer elsewhere. */
	{ "unsent", W(STILL), 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unsent, far behind", W(STILL), 99, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "last byte sent", W(STILL), 59, WAITS },
	{ "first byte unacked", W(STILL), 20, WAITS },
	{ "acked before the write", W(STILL), 19, GONE },
	{ "sent meanwhile", W(BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 0)), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "last byte sent meanwhile", W(BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 0)), 79,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "not sent meanwhile", W(BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 0)), 80,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "acked meanwhile", W(BEFORE(20, 60, 0, 0), AFTER(30, 60, 0, 0)), 25, WAITS },
	{ "resent", W(STILL, .resent = true), 30, FINAL(MIXED, RESENT, RESENT) },
	{ "resent, then acked", W(STILL, .resent = true, .end = PF_END_ACKED), 30,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "resent, records lost", W(STILL, .resent = true, .lost = true), 30,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "unsent, records lost", W(STILL, .lost = true), 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "resent, was in this host",
	  W(BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 0), .resent = true), 30,
	  FINAL(POSSIBLE, IN_HOST, RESENT) },
	{ "resent meanwhile, then acked",
	  W(STILL, .after.resends = 1, .end = PF_END_ACKED), 30, FINAL(POSSIBLE, RACED, SENT) },
	{ "resent meanwhile, unsent",
	  W(STILL, .after.resends = 1), 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "acked", W(STILL, .end = PF_END_ACKED), 30, FINAL(NEAR_MISS, ACKED, SENT) },
	{ "acked, records lost", W(STILL, .end = PF_END_ACKED, .lost = true), 30,
	  FINAL(POSSIBLE, EVIDENCE_LOST, SENT) },
	{ "acked, was in this host",
	  W(BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 1), .end = PF_END_ACKED), 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "acked, left this host meanwhile",
	  W(BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 0), .end = PF_END_ACKED), 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "acked, younger bytes in this host",
	  W(BEFORE(20, 60, 0, 0), AFTER(20, 80, 0, 1), .end = PF_END_ACKED), 30,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "aborted", W(STILL, .end = PF_END_ABORTED), 30, FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "aborted, was in this host",
	  W(BEFORE(20, 60, 0, 1), AFTER(20, 60, 0, 1), .end = PF_END_ABORTED), 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "reset, was in a queue of this host", W(STILL, .end = PF_END_DROPPED), 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "resent, then reset", W(STILL, .resent = true, .end = PF_END_DROPPED), 30,
	  FINAL(MIXED, RESENT, RESENT) },
	{ "read here after all", W(STILL, .end = PF_END_READ), 30, FINAL(POSSIBLE, RACED, SENT) },
	{ "timed out", W(STILL, .gave_up = REASON_UNACKED), 30, FINAL(POSSIBLE, UNACKED, SENT) },
	{ "evicted", W(STILL, .gave_up = REASON_EVICTED), 30, FINAL(POSSIBLE, EVICTED, SENT) },
	{ "timed out, but resent", W(STILL, .gave_up = REASON_UNACKED, .resent = true), 30,
	  FINAL(MIXED, RESENT, RESENT) },

	/* The flight ended while the write was under way. */
	{ "ended acked", W(.flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(60, 60, 0, 0)), 30,
	  FINAL(NEAR_MISS, ACKED, SENT) },
	{ "ended acked, was in this host",
	  W(.flags = ENDED, BEFORE(20, 60, 0, 1), AFTER(60, 60, 0, 0)), 30,
	  FINAL(POSSIBLE, IN_HOST, SENT) },
	{ "ended acked, records lost",
	  W(.flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(60, 60, 0, 0), .lost = true), 30,
	  FINAL(POSSIBLE, EVIDENCE_LOST, SENT) },
	{ "ended unacked", W(.flags = ENDED, STILL), 30, FINAL(NEAR_MISS, ABORTED, SENT) },
	{ "ended, sent meanwhile",
	  W(.flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(80, 80, 0, 0)), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "ended acked, resent meanwhile",
	  W(.flags = ENDED, BEFORE(20, 60, 0, 0), AFTER(60, 60, 0, 0), .after.resends = 1), 30,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "ended unsent", W(.flags = ENDED, STILL), 60, FINAL(POSSIBLE, RACED, QUEUED) },
	{ "ended, acked before", W(.flags = ENDED, STILL), 10, GONE },

	/* The socket took the page while the write was under way. */
	{ "young, unsent", W(.flags = YOUNG, AFTER(20, 60, 0, 0)), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "young, sent", W(.flags = YOUNG, AFTER(20, 60, 0, 0)), 59,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "young, local, held", W(.flags = YOUNG | LOCAL, AFTER(20, 60, 10, 0)), 15,
	  FINAL(POSSIBLE, RACED, HELD) },

	/* The reader is on this host. */
	{ "read before", W(STILL_LOCAL), 9, GONE },
	{ "held", W(STILL_LOCAL), 10, FINAL(CORRUPT, UNREAD, HELD) },
	{ "last byte held", W(STILL_LOCAL), 19, FINAL(CORRUPT, UNREAD, HELD) },
	{ "sent, unread", W(STILL_LOCAL), 20, FINAL(CORRUPT, UNREAD, SENT) },
	{ "last byte sent, unread", W(STILL_LOCAL), 59, FINAL(CORRUPT, UNREAD, SENT) },
	{ "unsent, unread", W(STILL_LOCAL), 60, FINAL(CORRUPT, UNSENT, QUEUED) },
	{ "unread, records lost", W(STILL_LOCAL, .lost = true), 30,
	  FINAL(CORRUPT, UNREAD, SENT) },
	{ "read meanwhile, was held",
	  W(.flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(60, 60, 50, 0)), 15,
	  FINAL(POSSIBLE, RACED, HELD) },
	{ "read meanwhile, was sent",
	  W(.flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(60, 60, 50, 0)), 49,
	  FINAL(POSSIBLE, RACED, SENT) },
	{ "read meanwhile, was queued",
	  W(.flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(80, 80, 80, 0)), 60,
	  FINAL(POSSIBLE, RACED, QUEUED) },
	{ "acked meanwhile, unread",
	  W(.flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(60, 60, 50, 0)), 50,
	  FINAL(CORRUPT, UNREAD, HELD) },
	{ "sent meanwhile, unread",
	  W(.flags = LOCAL, BEFORE(20, 60, 10, 0), AFTER(20, 80, 10, 0)), 70,
	  FINAL(CORRUPT, UNREAD, SENT) },
	{ "ended unread", W(.flags = LOCAL | ENDED, BEFORE(20, 60, 10, 0), AFTER(20, 60, 10, 0)),
	  30, FINAL(POSSIBLE, RACED, SENT) },

	/* A store through a mapping: neither moment nor extent is known. */
	{ "mmap, unsent", M(STILL), 60,
	  FINAL(POSSIBLE, MMAP_STORE, QUEUED) },
	{ "mmap, sent", M(STILL), 59, FINAL(POSSIBLE, MMAP_STORE, SENT) },
	{ "mmap, acked before", M(STILL), 19, GONE },
	{ "mmap, held", M(STILL_LOCAL), 19,
	  FINAL(POSSIBLE, MMAP_STORE, HELD) },
	{ "mmap, read before", M(STILL_LOCAL), 9, GONE },
	{ "mmap, timed out", M(STILL, .gave_up = REASON_UNACKED), 59,
	  FINAL(POSSIBLE, MMAP_STORE, SENT) },
	{ "truncate as write", EV(.how = PF_WRITE_TRUNCATE, STILL), 60,
	  FINAL(CORRUPT, UNSENT, QUEUED) },
};

static void test_rules(void **state)
{
	(void)state;
	rows_check(rows, ARRAY_LEN(rows));
}

static void test_cuts_suffice(void **state)
{
	(void)state;
	rows_check_cuts(rows, ARRAY_LEN(rows));
}

static void test_cuts_ascend_and_stay_inside(void **state)
{
	const struct evidence ev = { BEFORE(50, 10, 0, 0), AFTER(30, 30, 0, 0) };
	const struct evidence outside = { BEFORE(5, 100, 0, 0), AFTER(101, 4, 0, 0) };
	__u32 cuts[JUDGE_CUTS_MAX];

	(void)state;
	assert_int_equal(judge_cuts(&ev, 5, 95, cuts), 3);
	assert_int_equal(cuts[0], 5);
	assert_int_equal(cuts[1], 25);
	assert_int_equal(cuts[2], 45);
	assert_int_equal(judge_cuts(&outside, 5, 95, cuts), 0);
	assert_int_equal(judge_cuts(&ev, 10, 1, cuts), 0);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_NEAR_MISS), "near-miss");
	assert_string_equal(reason_name(REASON_EVIDENCE_LOST), "evidence-lost");
	assert_string_equal(phase_name(PHASE_HELD), "held");
	assert_string_equal(writer_how_name(PF_WRITE_PUNCH), "punch");
	assert_string_equal(sender_how_name(PF_SEND_SENDFILE), "sendfile");
	assert_string_equal(writer_how_name(999), "unknown");
	assert_string_equal(verdict_name(VERDICT_MAX), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_cuts_suffice),
		cmocka_unit_test(test_cuts_ascend_and_stay_inside),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine with fingerprints: bytes that are written again before anybody copies
 * them. Copies are in test_engine_copies.c, stores in test_engine_stores.c.
 */
#include "engine.h"

/* Bytes 100 to 199 are changed, and written back before they are transmitted. */
ENGINE_TEST(test_restored_before_any_copy)
{
	give_hit(f, HIT(.op = 1, .pos = 100, .count = 100, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	assert_int_equal(f->n, 0);
	give_hit(f, HIT(.op = 2, .pos = 100, .count = 100, .was = FIRST, .is = TOOK));
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(100, 100, NEAR_MISS, RESTORED, QUEUED));
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	expect_incident(f, 1, RANGE(100, 100, IDENTICAL, RESTORED, QUEUED));
}

/* All of the flight is right again, though the write was to a part of it. */
ENGINE_TEST(test_restored_as_a_whole)
{
	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .pos = 100, .count = 100, .was = FIRST, .is = TOOK));
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, RESTORED, QUEUED));
}

ENGINE_TEST(test_a_part_is_restored)
{
	struct pf_ev_hit back = HIT(.op = 2, .pos = 1000, .count = 500, .was = FIRST, .is = SECOND);

	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	back.flags |= PF_HIT_COMPARED;
	back.diff_from = back.diff_to = 1000;
	give_hit(f, back);
	give_op(f, 2, 1);
	expect_incident(f, 0, RANGE(1000, 500, IDENTICAL, RESTORED, QUEUED));
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 2);
	expect_incident(f, 1,
			RANGE(0, 1000, CORRUPT, UNSENT, QUEUED),
			RANGE(1000, 500, NEAR_MISS, RESTORED, QUEUED),
			RANGE(1500, PAGE - 1500, CORRUPT, UNSENT, QUEUED));
}

/* It was compared, and other bytes are there: both are wrong. */
ENGINE_TEST(test_compared_and_not_meant)
{
	struct pf_ev_hit again = HIT(.op = 2, .pos = 1000, .count = 500, .was = FIRST,
				     .is = SECOND);

	again.flags |= PF_HIT_COMPARED;
	again.diff_from = 1000;
	again.diff_to = 1500;
	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_hit(f, again);
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 2);
	expect_incident(f, 1, RANGE(1000, 500, CORRUPT, UNSENT, QUEUED));
	expect_incident(f, 0, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
}

/* A record can say that bytes differ, or do not, which its write did not touch: they are not its own. */
ENGINE_TEST(test_compared_elsewhere)
{
	struct pf_ev_hit hit = HIT(.op = 1, .pos = 1000, .count = 500, .was = FIRST, .is = SECOND);

	hit.flags |= PF_HIT_COMPARED;
	give_hit(f, hit);
	give_op(f, 1, 1);
	hit.op = 2;
	hit.diff_to = PAGE;
	give_hit(f, hit);
	give_op(f, 2, 1);
	hit.op = 3;
	hit.pos = 4ull << 32;
	give_hit(f, hit);
	give_op(f, 3, 1);
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 2);
	expect_incident(f, 0, RANGE(1000, 500, IDENTICAL, RESTORED, QUEUED));
	expect_incident(f, 1, RANGE(1000, 500, CORRUPT, UNSENT, QUEUED));
}

/* What goes out while it is written back is new, old or torn. */
ENGINE_TEST(test_restored_while_it_is_sent)
{
	struct pf_ev_hit back = HIT(.op = 2, .sent = 1000, .was = FIRST, .is = TOOK);

	back.after.nxt += 500;
	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	give_hit(f, back);
	assert_int_equal(f->n, 0);
	give_end(f, .why = PF_END_ACKED, .fp = TOOK);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, CORRUPT, UNSENT, QUEUED),
			RANGE(1000, 500, POSSIBLE, RACED, QUEUED),
			RANGE(1500, PAGE - 1500, NEAR_MISS, RESTORED, QUEUED));
}

/* Sent new, mended, and only then sent again: two versions. */
ENGINE_TEST(test_mended_then_resent)
{
	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .sent = 64 K, .was = FIRST, .is = TOOK));
	give_resend(f, .len = 1000);
	give_end(f, .why = PF_END_ACKED, .fp = TOOK);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, MIXED, RESENT, RESENT),
			RANGE(1000, PAGE - 1000, CORRUPT, UNSENT, QUEUED));
}

/* Sent as it was, changed, mended, sent again: one version. */
ENGINE_TEST(test_mended_before_it_is_resent)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .sent = 64 K, .was = FIRST, .is = TOOK));
	give_resend(f);
	give_end(f, .why = PF_END_ACKED, .fp = TOOK);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, ACKED, SENT));
	assert_int_equal(f->seen[0].resends, 1);
}

/* A part of what was changed is written again, and nobody kept what was meant. */
ENGINE_TEST(test_written_over_changes)
{
	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_hit(f, HIT(.op = 2, .pos = 1000, .count = 500, .was = FIRST, .is = SECOND));
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	expect_incident(f, 0, RANGE(1000, 500, POSSIBLE, REWRITTEN, QUEUED));
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	expect_incident(f, 1,
			RANGE(0, 1000, CORRUPT, UNSENT, QUEUED),
			RANGE(1000, 500, POSSIBLE, REWRITTEN, QUEUED),
			RANGE(1500, PAGE - 1500, CORRUPT, UNSENT, QUEUED));
}

/* All of a flight is written, and it is still not what was meant. */
ENGINE_TEST(test_written_over_all)
{
	give_hit(f, HIT(.op = 1, .pos = 100, .count = 100, .was = TOOK, .is = FIRST));
	give_hit(f, HIT(.op = 2, .was = FIRST, .is = SECOND));
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 2);
	expect_incident(f, 1, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
	expect_incident(f, 0, RANGE(100, 100, CORRUPT, UNSENT, QUEUED));
}

/* The flight ends while it is written again: with what is not known. */
ENGINE_TEST(test_written_over_at_its_end)
{
	struct pf_ev_hit last = HIT(.op = 2, .sent = 64 K, .count = 100, .read = UP_TO(0, PAGE));

	last.fp = TOOK;
	last.flags |= PF_HIT_ENDED;
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .read = UP_TO(0, 0)));
	give_op(f, 1, 1);
	give_hit(f, last);
	give_end(f, .why = PF_END_READ, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 100, POSSIBLE, REWRITTEN, SENT),
			RANGE(100, PAGE - 100, CORRUPT, UNREAD, SENT));
}

/* Without a fingerprint of the flight nothing is taken from what others write. */
ENGINE_TEST(test_not_sampled)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .sent = 64 K, .pos = 100, .count = 100));
	give_resend(f);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, MIXED, RESENT, RESENT));
}

/* Sent, changed, perhaps right again, sent again: perhaps one version. */
ENGINE_TEST(test_written_over_before_it_is_resent)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .sent = 64 K, .pos = 1000, .count = 500, .was = FIRST,
			.is = SECOND));
	give_op(f, 2, 1);
	give_resend(f);
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 2);
	expect_incident(f, 0, RANGE(1000, 500, POSSIBLE, REWRITTEN, RESENT));
	expect_incident(f, 1,
			RANGE(0, 1000, MIXED, RESENT, RESENT),
			RANGE(1000, 500, POSSIBLE, REWRITTEN, RESENT),
			RANGE(1500, PAGE - 1500, MIXED, RESENT, RESENT));
}

/* Sent again while it was changed, and perhaps mended before it had left. */
ENGINE_TEST(test_resent_then_mended)
{
	struct pf_ev_hit back = HIT(.op = 2, .sent = 64 K, .count = 1000, .was = FIRST,
				    .is = SECOND);

	back.flags |= PF_HIT_COMPARED;
	back.before.in_host = back.after.in_host = 1;
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	give_resend(f);
	assert_int_equal(f->n, 0);
	give_hit(f, back);
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, POSSIBLE, RACED, RESENT),
			RANGE(1000, PAGE - 1000, MIXED, RESENT, RESENT));
}

ENGINE_TEST(test_identical)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = TOOK));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .sent = 64 K, .was = FIRST, .is = FIRST));
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	expect_incident(f, 0, RANGE(0, PAGE, IDENTICAL, UNCHANGED, SENT));
	expect_incident(f, 1, RANGE(0, PAGE, IDENTICAL, UNCHANGED, SENT));
}

/* Neither other connections nor other flights are told, also where numbers wrap. */
ENGINE_TEST(test_only_these_bytes)
{
	struct pf_ev_hit first = HIT(.op = 1, .was = TOOK, .is = FIRST), back;

	first.seq = (__u32)-2048;
	first.before.una = first.after.una = first.before.nxt = first.after.nxt = first.seq;
	give_hit(f, first);
	first.conn = 2;
	give_hit(f, first);
	first.conn = 1;
	first.seq += PAGE;
	first.file_off = first.stream_off = PAGE;
	give_hit(f, first);
	give_op(f, 1, 3);
	back = first;
	back.op = 2;
	back.seq -= PAGE;
	back.file_off = back.stream_off = 0;
	back.fp_before = FIRST;
	back.fp_after = TOOK;
	give_hit(f, back);
	give_end(f, .seq = (__u32)-2048, .len = 2 * PAGE, .why = PF_END_ACKED);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->ranges[0][0].answer.reason, PF_REASON_RESTORED);
	assert_int_equal(f->ranges[0][1].answer.verdict, PF_VERDICT_CORRUPT);
	assert_int_equal(f->seen[0].bytes, PAGE);
	assert_int_equal(pf_engine_waiting(f->engine), 2);
}

/* A flight that ends behind its write's record is reported late; that may end the op itself. */
ENGINE_TEST(test_late_hit_of_a_complete_write)
{
	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 1, .was = FIRST, .is = TOOK));
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, RESTORED, QUEUED));
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 2);
	assert_true(f->seen[1].evidence_lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(test_restored_before_any_copy),
		RUN(test_restored_as_a_whole),
		RUN(test_a_part_is_restored),
		RUN(test_compared_and_not_meant),
		RUN(test_compared_elsewhere),
		RUN(test_restored_while_it_is_sent),
		RUN(test_mended_then_resent),
		RUN(test_mended_before_it_is_resent),
		RUN(test_written_over_changes),
		RUN(test_written_over_all),
		RUN(test_written_over_at_its_end),
		RUN(test_not_sampled),
		RUN(test_written_over_before_it_is_resent),
		RUN(test_resent_then_mended),
		RUN(test_identical),
		RUN(test_only_these_bytes),
		RUN(test_late_hit_of_a_complete_write),
	};

	return cmocka_run_group_tests_name("engine: content", tests, NULL, NULL);
}

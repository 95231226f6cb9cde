// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine with fingerprints: what is written again before it is copied, and
 * what the copies carried. Stores are in test_engine_stores.c.
 */
#include "engine.h"

#define PAGE 4096u

/* Bytes 100 to 199 are changed, and written back before they are transmitted. */
static void test_restored_before_any_copy(void **state)
{
	struct fixture *f = *state;

	give_hit(f, part(changed(1, 1, 0, PAGE, 0, TOOK, FIRST), 100, 100));
	give_op(f, 1, 1);
	assert_int_equal(f->n, 0);
	give_hit(f, part(changed(2, 1, 0, PAGE, 0, FIRST, TOOK), 100, 100));
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 100, 100, NEAR_MISS, RESTORED, QUEUED);
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	expect_whole(f, 1, 100, 100, IDENTICAL, RESTORED, QUEUED);
}

/* All of the flight is right again, though the write was to a part of it. */
static void test_restored_as_a_whole(void **state)
{
	struct fixture *f = *state;

	give_hit(f, changed(1, 1, 0, PAGE, 0, TOOK, FIRST));
	give_op(f, 1, 1);
	give_hit(f, part(changed(2, 1, 0, PAGE, 0, FIRST, TOOK), 100, 100));
	expect_whole(f, 0, 0, PAGE, NEAR_MISS, RESTORED, QUEUED);
}

static void test_a_part_is_restored(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit back = part(changed(2, 1, 0, PAGE, 0, FIRST, SECOND), 1000, 500);

	give_hit(f, changed(1, 1, 0, PAGE, 0, TOOK, FIRST));
	give_op(f, 1, 1);
	back.flags |= PF_HIT_COMPARED;
	back.diff_from = back.diff_to = 1000;
	give_hit(f, back);
	give_op(f, 2, 1);
	expect_whole(f, 0, 1000, 500, IDENTICAL, RESTORED, QUEUED);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->seen[1].n_ranges, 3);
	expect_range(f, 1, 0, 0, 1000, CORRUPT, UNSENT, QUEUED);
	expect_range(f, 1, 1, 1000, 500, NEAR_MISS, RESTORED, QUEUED);
	expect_range(f, 1, 2, 1500, PAGE - 1500, CORRUPT, UNSENT, QUEUED);
	assert_int_equal(f->seen[1].bytes, PAGE - 500);
}

/* It was compared, and other bytes are there: both are wrong. */
static void test_compared_and_not_meant(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit again = part(changed(2, 1, 0, PAGE, 0, FIRST, SECOND), 1000, 500);

	again.flags |= PF_HIT_COMPARED;
	again.diff_from = 1000;
	again.diff_to = 1500;
	give_hit(f, changed(1, 1, 0, PAGE, 0, TOOK, FIRST));
	give_hit(f, again);
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->n, 2);
	expect_whole(f, 1, 1000, 500, CORRUPT, UNSENT, QUEUED);
	expect_whole(f, 0, 0, PAGE, CORRUPT, UNSENT, QUEUED);
}

/* What goes out while it is written back is new, old or torn. */
static void test_restored_while_it_is_sent(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit back = changed(2, 1, 0, PAGE, 1000, FIRST, TOOK);

	back.after.nxt += 500;
	give_hit(f, changed(1, 1, 0, PAGE, 0, TOOK, FIRST));
	give_op(f, 1, 1);
	give_hit(f, back);
	assert_int_equal(f->n, 0);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, TOOK);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 3);
	expect_range(f, 0, 0, 0, 1000, CORRUPT, UNSENT, QUEUED);
	expect_range(f, 0, 1, 1000, 500, POSSIBLE, RACED, QUEUED);
	expect_range(f, 0, 2, 1500, PAGE - 1500, NEAR_MISS, RESTORED, QUEUED);
}

/* Sent new, mended, and only then sent again: two versions. */
static void test_mended_then_resent(void **state)
{
	struct fixture *f = *state;

	give_hit(f, changed(1, 1, 0, PAGE, 0, TOOK, FIRST));
	give_op(f, 1, 1);
	give_hit(f, changed(2, 1, 0, PAGE, 65536, FIRST, TOOK));
	resend(f, 1, 0, 1000);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, TOOK);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 1000, MIXED, RESENT, RESENT);
	expect_range(f, 0, 1, 1000, PAGE - 1000, CORRUPT, UNSENT, QUEUED);
}

/* Sent as it was, changed, mended, sent again: one version. */
static void test_mended_before_it_is_resent(void **state)
{
	struct fixture *f = *state;

	give_hit(f, changed(1, 1, 0, PAGE, 65536, TOOK, FIRST));
	give_op(f, 1, 1);
	give_hit(f, changed(2, 1, 0, PAGE, 65536, FIRST, TOOK));
	resend(f, 1, 0, PAGE);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, TOOK);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, PAGE, NEAR_MISS, ACKED, SENT);
	assert_int_equal(f->seen[0].resends, 1);
}

/* A part of what was changed is written again, and nobody kept what was meant. */
static void test_written_over_changes(void **state)
{
	struct fixture *f = *state;

	give_hit(f, changed(1, 1, 0, PAGE, 0, TOOK, FIRST));
	give_hit(f, part(changed(2, 1, 0, PAGE, 0, FIRST, SECOND), 1000, 500));
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	expect_whole(f, 0, 1000, 500, POSSIBLE, REWRITTEN, QUEUED);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->seen[1].n_ranges, 3);
	expect_range(f, 1, 1, 1000, 500, POSSIBLE, REWRITTEN, QUEUED);
	assert_int_equal(f->seen[1].bytes, PAGE - 500);
}

/* All of a flight is written, and it is still not what was meant. */
static void test_written_over_all(void **state)
{
	struct fixture *f = *state;

	give_hit(f, part(changed(1, 1, 0, PAGE, 0, TOOK, FIRST), 100, 100));
	give_hit(f, changed(2, 1, 0, PAGE, 0, FIRST, SECOND));
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->n, 2);
	expect_whole(f, 1, 0, PAGE, CORRUPT, UNSENT, QUEUED);
	expect_whole(f, 0, 100, 100, CORRUPT, UNSENT, QUEUED);
}

/* The flight ends while it is written again: with what is not known. */
static void test_written_over_at_its_end(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit last = readable(part(changed(2, 1, 0, PAGE, 65536, 0, 0), 0, 100), 0, PAGE);

	last.flags |= PF_HIT_ENDED;
	give_hit(f, readable(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 0, 0));
	give_op(f, 1, 1);
	give_hit(f, last);
	end_as(f, 1, 0, PAGE, PF_END_READ, FIRST);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 100, POSSIBLE, REWRITTEN, SENT);
	expect_range(f, 0, 1, 100, PAGE - 100, CORRUPT, UNREAD, SENT);
}

/* Without a fingerprint of the flight nothing is taken from what others write. */
static void test_not_sampled(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, PAGE, 65536));
	give_op(f, 1, 1);
	give_hit(f, part(hit(2, 1, 0, PAGE, 65536), 100, 100));
	resend(f, 1, 0, PAGE);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, PAGE, MIXED, RESENT, RESENT);
}

/* Sent, changed, perhaps right again, sent again: perhaps one version. */
static void test_written_over_before_it_is_resent(void **state)
{
	struct fixture *f = *state;

	give_hit(f, changed(1, 1, 0, PAGE, 65536, TOOK, FIRST));
	give_op(f, 1, 1);
	give_hit(f, part(changed(2, 1, 0, PAGE, 65536, FIRST, SECOND), 1000, 500));
	give_op(f, 2, 1);
	resend(f, 1, 0, PAGE);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->n, 2);
	expect_whole(f, 0, 1000, 500, POSSIBLE, REWRITTEN, RESENT);
	assert_int_equal(f->seen[1].n_ranges, 3);
	expect_range(f, 1, 0, 0, 1000, MIXED, RESENT, RESENT);
	expect_range(f, 1, 1, 1000, 500, POSSIBLE, REWRITTEN, RESENT);
}

/* Sent again while it was changed, and perhaps mended before it had left. */
static void test_resent_then_mended(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit back = part(changed(2, 1, 0, PAGE, 65536, FIRST, SECOND), 0, 1000);

	back.flags |= PF_HIT_COMPARED;
	back.before.in_host = back.after.in_host = 1;
	give_hit(f, changed(1, 1, 0, PAGE, 65536, TOOK, FIRST));
	give_op(f, 1, 1);
	resend(f, 1, 0, PAGE);
	assert_int_equal(f->n, 0);
	give_hit(f, back);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 1000, POSSIBLE, RACED, RESENT);
	expect_range(f, 0, 1, 1000, PAGE - 1000, MIXED, RESENT, RESENT);
}

static void test_identical(void **state)
{
	struct fixture *f = *state;

	give_hit(f, changed(1, 1, 0, PAGE, 65536, TOOK, TOOK));
	give_op(f, 1, 1);
	give_hit(f, changed(2, 1, 0, PAGE, 65536, FIRST, FIRST));
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	expect_whole(f, 0, 0, PAGE, IDENTICAL, UNCHANGED, SENT);
	expect_whole(f, 1, 0, PAGE, IDENTICAL, UNCHANGED, SENT);
}

/* Copied before the write up to 1448, while it ran up to 2896. */
static struct pf_ev_hit on_the_wire(void)
{
	return carried(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 1448, 2896);
}

static void test_copies_carry_it(void **state)
{
	struct fixture *f = *state;

	give_hit(f, on_the_wire());
	give_op(f, 1, 1);
	sent(f, 1, 2896, 1000, FIRST);
	sent(f, 1, 3896, 200, TOOK);
	assert_int_equal(f->n, 0);
	sent(f, 1, 0, 1000, FIRST);
	sent(f, 1, 1000, 200, TOOK);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 5);
	expect_range(f, 0, 0, 0, 1000, MIXED, RESENT, RESENT);
	expect_range(f, 0, 1, 1000, 448, NEAR_MISS, ACKED, SENT);
	expect_range(f, 0, 2, 1448, 1448, POSSIBLE, RACED, SENT);
	expect_range(f, 0, 3, 2896, 1000, CORRUPT, CARRIED, SENT);
	expect_range(f, 0, 4, 3896, 200, NEAR_MISS, RESTORED, SENT);
}

/* The last of two writes is what goes out; the first is still to blame for its bytes. */
static void test_copies_carry_another(void **state)
{
	struct fixture *f = *state;

	give_hit(f, carried(part(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 0, 100), 0, 0));
	give_hit(f, carried(part(changed(2, 1, 0, PAGE, 65536, FIRST, SECOND), 200, 100), 0, 0));
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	sent(f, 1, 0, PAGE, SECOND);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->n, 2);
	/* The second came over changes outside of its own bytes, which nobody kept. */
	expect_whole(f, 0, 200, 100, POSSIBLE, REWRITTEN, SENT);
	expect_whole(f, 1, 0, 100, CORRUPT, CARRIED, SENT);
}

/* What somebody undid without a hook: the copy is as it was before the write. */
static void test_copies_carry_what_was_before(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit second = carried(changed(2, 1, 0, PAGE, 65536, FIRST, SECOND), 0, 0);

	give_hit(f, second);
	give_op(f, 2, 1);
	sent(f, 1, 0, PAGE, FIRST);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, PAGE, NEAR_MISS, RESTORED, SENT);
}

static void test_copied_new_then_mended(void **state)
{
	struct fixture *f = *state;

	give_hit(f, carried(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 0, 0));
	give_op(f, 1, 1);
	sent(f, 1, 0, PAGE, FIRST);
	give_hit(f, carried(changed(2, 1, 0, PAGE, 65536, FIRST, TOOK), PAGE, PAGE));
	assert_int_equal(f->n, 0);
	sent(f, 1, 0, 1000, TOOK);
	/* Changed once more, by somebody who answers for it. */
	give_hit(f, carried(changed(3, 1, 0, PAGE, 65536, TOOK, THIRD), PAGE, PAGE));
	sent(f, 1, 1000, 1000, THIRD);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, THIRD);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 2000, MIXED, RESENT, RESENT);
	expect_range(f, 0, 1, 2000, PAGE - 2000, CORRUPT, CARRIED, SENT);
}

/* A retransmission while it is written is copied unseen. */
static void test_resent_during_the_write(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = carried(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), PAGE, PAGE);

	h.after.resends = h.before.resends + 1;
	give_hit(f, h);
	give_op(f, 1, 1);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
	expect_whole(f, 0, 0, PAGE, POSSIBLE, RACED, SENT);
}

/* Reset with packets in this host: the last copy is made, or the page let go. */
static void test_dropped(void **state)
{
	struct fixture *f = *state;

	give_hit(f, carried(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 1000, 1000));
	give_op(f, 1, 1);
	sent(f, 1, 1000, 1000, FIRST);
	end_as(f, 1, 0, PAGE, PF_END_DROPPED, FIRST);
	assert_int_equal(f->seen[0].n_ranges, 3);
	expect_range(f, 0, 0, 0, 1000, NEAR_MISS, ABORTED, SENT);
	expect_range(f, 0, 1, 1000, 1000, CORRUPT, CARRIED, SENT);
	expect_range(f, 0, 2, 2000, PAGE - 2000, NEAR_MISS, ABORTED, SENT);
	give_hit(f, changed(2, 2, 0, PAGE, 65536, TOOK, FIRST));
	give_op(f, 2, 1);
	end_as(f, 2, 0, PAGE, PF_END_DROPPED, 0);
	expect_whole(f, 1, 0, PAGE, POSSIBLE, IN_HOST, SENT);
}

static void test_local_reader(void **state)
{
	struct fixture *f = *state;

	give_hit(f, readable(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 1000, 1500));
	give_op(f, 1, 1);
	/* Its first part is read by then, and gone; the rest is right again. */
	give_hit(f, readable(changed(2, 1, 0, PAGE, 65536, FIRST, TOOK), 2000, 2500));
	assert_int_equal(f->n, 0);
	end_as(f, 1, 0, PAGE, PF_END_READ, TOOK);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 4);
	expect_range(f, 0, 0, 1000, 500, POSSIBLE, RACED, SENT);
	expect_range(f, 0, 1, 1500, 500, CORRUPT, UNREAD, SENT);
	expect_range(f, 0, 2, 2000, 500, POSSIBLE, RACED, SENT);
	expect_range(f, 0, 3, 2500, PAGE - 2500, NEAR_MISS, RESTORED, SENT);
	assert_true(f->seen[0].local);
}

/* Neither other connections nor other flights are told, also where numbers wrap. */
static void test_only_these_bytes(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit first = changed(1, 1, 0, PAGE, 0, TOOK, FIRST), back;

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
	give_range(f, PF_EV_END, 1, (__u32)-2048, 2 * PAGE, PF_END_ACKED);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->ranges[0][0].answer.reason, PF_REASON_RESTORED);
	assert_int_equal(f->ranges[0][1].answer.verdict, PF_VERDICT_CORRUPT);
	assert_int_equal(f->seen[0].bytes, PAGE);
	assert_int_equal(pf_engine_waiting(f->engine), 2);
}

/* A flight that ends behind its write's record is reported late; that may end the op itself. */
static void test_late_hit_of_a_complete_write(void **state)
{
	struct fixture *f = *state;

	give_hit(f, changed(1, 1, 0, PAGE, 0, TOOK, FIRST));
	give_op(f, 1, 1);
	give_hit(f, changed(1, 1, 0, PAGE, 0, FIRST, TOOK));
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, PAGE, NEAR_MISS, RESTORED, QUEUED);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 2);
	assert_true(f->seen[1].evidence_lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_restored_before_any_copy),
		TEST(test_restored_as_a_whole),
		TEST(test_a_part_is_restored),
		TEST(test_compared_and_not_meant),
		TEST(test_restored_while_it_is_sent),
		TEST(test_mended_then_resent),
		TEST(test_mended_before_it_is_resent),
		TEST(test_written_over_changes),
		TEST(test_written_over_all),
		TEST(test_written_over_at_its_end),
		TEST(test_not_sampled),
		TEST(test_written_over_before_it_is_resent),
		TEST(test_resent_then_mended),
		TEST(test_identical),
		TEST(test_copies_carry_it),
		TEST(test_copies_carry_another),
		TEST(test_copies_carry_what_was_before),
		TEST(test_copied_new_then_mended),
		TEST(test_resent_during_the_write),
		TEST(test_dropped),
		TEST(test_local_reader),
		TEST(test_only_these_bytes),
		TEST(test_late_hit_of_a_complete_write),
	};

	return cmocka_run_group_tests_name("verdict content", tests, NULL, NULL);
}

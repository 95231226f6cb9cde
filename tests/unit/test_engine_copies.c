// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine with fingerprints: what the copies of a device or of a reader carried.
 */
#include "engine.h"

/* Copied before the write up to 1448, while it ran up to 2896. */
static struct pf_ev_hit on_the_wire(void)
{
	return HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .copied = UP_TO(1448, 2896));
}

ENGINE_TEST(test_copies_carry_it)
{
	give_hit(f, on_the_wire());
	give_op(f, 1, 1);
	give_sent(f, .off = 2896, .len = 1000, .fp = FIRST);
	give_sent(f, .off = 3896, .len = 200, .fp = TOOK);
	assert_int_equal(f->n, 0);
	give_sent(f, .len = 1000, .fp = FIRST);
	give_sent(f, .off = 1000, .len = 200, .fp = TOOK);
	give_end(f, .why = PF_END_ACKED, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, MIXED, RESENT, RESENT),
			RANGE(1000, 448, NEAR_MISS, ACKED, SENT),
			RANGE(1448, 1448, POSSIBLE, RACED, SENT),
			RANGE(2896, 1000, CORRUPT, CARRIED, SENT),
			RANGE(3896, 200, NEAR_MISS, RESTORED, SENT));
}

/* The last of two writes is what goes out; the first is still to blame for its bytes. */
ENGINE_TEST(test_copies_carry_another)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .count = 100, .was = TOOK, .is = FIRST,
			.copied = UP_TO(0, 0)));
	give_hit(f, HIT(.op = 2, .sent = 64 K, .pos = 200, .count = 100, .was = FIRST, .is = SECOND,
			.copied = UP_TO(0, 0)));
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	give_sent(f, .fp = SECOND);
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 2);
	/* The second came over changes outside of its own bytes, which nobody kept. */
	expect_incident(f, 0, RANGE(200, 100, POSSIBLE, REWRITTEN, SENT));
	expect_incident(f, 1, RANGE(0, 100, CORRUPT, CARRIED, SENT));
}

/* What somebody undid without a hook: the copy is as it was before the write. */
ENGINE_TEST(test_copies_carry_what_was_before)
{
	struct pf_ev_hit second = HIT(.op = 2, .sent = 64 K, .was = FIRST, .is = SECOND,
				      .copied = UP_TO(0, 0));

	give_hit(f, second);
	give_op(f, 2, 1);
	give_sent(f, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, RESTORED, SENT));
}

ENGINE_TEST(test_copied_new_then_mended)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .copied = UP_TO(0, 0)));
	give_op(f, 1, 1);
	give_sent(f, .fp = FIRST);
	give_hit(f, HIT(.op = 2, .sent = 64 K, .was = FIRST, .is = TOOK, .copied = UP_TO(PAGE,
											 PAGE)));
	assert_int_equal(f->n, 0);
	give_sent(f, .len = 1000, .fp = TOOK);
	/* Changed once more, by somebody who answers for it. */
	give_hit(f, HIT(.op = 3, .sent = 64 K, .was = TOOK, .is = THIRD, .copied = UP_TO(PAGE,
											 PAGE)));
	give_sent(f, .off = 1000, .len = 1000, .fp = THIRD);
	give_end(f, .why = PF_END_ACKED, .fp = THIRD);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 2000, MIXED, RESENT, RESENT),
			RANGE(2000, PAGE - 2000, CORRUPT, CARRIED, SENT));
}

/* A retransmission while it is written is copied unseen. */
ENGINE_TEST(test_resent_during_the_write)
{
	struct pf_ev_hit h = HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST,
				 .copied = UP_TO(PAGE, PAGE));

	h.after.resends = h.before.resends + 1;
	give_hit(f, h);
	give_op(f, 1, 1);
	give_end(f, .why = PF_END_ACKED, .fp = FIRST);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, RACED, SENT));
}

/* Reset with packets in this host: the last copy is made, or the page let go. */
ENGINE_TEST(test_dropped)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .copied = UP_TO(1000,
											 1000)));
	give_op(f, 1, 1);
	give_sent(f, .off = 1000, .len = 1000, .fp = FIRST);
	give_end(f, .why = PF_END_DROPPED, .fp = FIRST);
	expect_incident(f, 0,
			RANGE(0, 1000, NEAR_MISS, ABORTED, SENT),
			RANGE(1000, 1000, CORRUPT, CARRIED, SENT),
			RANGE(2000, PAGE - 2000, NEAR_MISS, ABORTED, SENT));
	give_hit(f, HIT(.op = 2, .conn = 2, .sent = 64 K, .was = TOOK, .is = FIRST));
	give_op(f, 2, 1);
	give_end(f, .conn = 2, .why = PF_END_DROPPED);
	expect_incident(f, 1, RANGE(0, PAGE, POSSIBLE, IN_HOST, SENT));
}

ENGINE_TEST(test_local_reader)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .read = UP_TO(1000,
										       1500)));
	give_op(f, 1, 1);
	/* Its first part is read by then, and gone; the rest is right again. */
	give_hit(f, HIT(.op = 2, .sent = 64 K, .was = FIRST, .is = TOOK, .read = UP_TO(2000,
										       2500)));
	assert_int_equal(f->n, 0);
	give_end(f, .why = PF_END_READ, .fp = TOOK);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(1000, 500, POSSIBLE, RACED, SENT),
			RANGE(1500, 500, CORRUPT, UNREAD, SENT),
			RANGE(2000, 500, POSSIBLE, RACED, SENT),
			RANGE(2500, PAGE - 2500, NEAR_MISS, RESTORED, SENT));
	assert_int_equal(f->seen[0].reader, PF_READER_HERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(test_copies_carry_it),
		RUN(test_copies_carry_another),
		RUN(test_copies_carry_what_was_before),
		RUN(test_copied_new_then_mended),
		RUN(test_resent_during_the_write),
		RUN(test_dropped),
		RUN(test_local_reader),
	};

	return cmocka_run_group_tests_name("engine: copies", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine when something is missing or too much: time-outs, lost records,
 * the end of a run, its cap, and its speed.
 */
#include <time.h>

#include "engine.h"

ENGINE_TEST(test_time_out)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	pf_engine_tick(f->engine, 2010 * MS);
	assert_int_equal(f->n, 0);
	pf_engine_tick(f->engine, 2011 * MS);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, UNACKED, SENT));
	assert_false(f->seen[0].evidence_lost);
	give_end(f, .why = PF_END_ACKED);
	assert_int_equal(f->n, 1);
}

ENGINE_TEST(test_op_record_lost)
{
	give_hit(f, HIT(.op = 1));
	pf_engine_tick(f->engine, 2010 * MS);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
	assert_true(f->seen[0].evidence_lost);
	assert_null(f->seen[0].op_rec);
	assert_int_equal(f->seen[0].ts, 10 * MS);
}

ENGINE_TEST(test_hit_record_lost)
{
	give_hit(f, HIT(.op = 1));
	give_op(f, 1, 2);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].answer.verdict, PF_VERDICT_CORRUPT);
	assert_true(f->seen[0].evidence_lost);
}

/* What one connection is not told of weakens what waits of that connection, and nothing else. */
ENGINE_TEST(test_cut_connection)
{
	for (__u64 conn = 1; conn <= 3; conn++)
		give_hit(f, HIT(.op = 1, .conn = conn, .sent = 64 K));
	give_hit(f, HIT(.op = 1, .conn = 2, .off = 32 K, .sent = 64 K));
	give_op(f, 1, 4);
	give_cut(f, .conn = 2, .len = 1 K K);
	give_cut(f, .conn = 3, .off = 32 K);
	for (__u64 conn = 1; conn <= 3; conn++)
		give_end(f, .conn = conn, .why = PF_END_ACKED);
	give_end(f, .conn = 2, .off = 32 K, .why = PF_END_ACKED);
	assert_int_equal(f->n, 3);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, ACKED, SENT));
	expect_incident(f, 1, RANGE(0, PAGE, NEAR_MISS, ACKED, SENT));
	expect_incident(f, 2, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT),
			RANGE(32 K, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
	assert_false(f->seen[0].evidence_lost);
	assert_false(f->seen[1].evidence_lost);
	assert_true(f->seen[2].evidence_lost);
}

ENGINE_TEST(test_loss_weakens_only_what_waits)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	give_hit(f, HIT(.op = 1, .conn = 2));
	give_hit(f, HIT(.op = 1, .conn = 3, .sent = 64 K));
	give_loss(f);
	give_hit(f, HIT(.op = 2, .conn = 4, .sent = 64 K));
	pf_engine_caught_up(f->engine);
	give_hit(f, HIT(.op = 2, .conn = 5, .sent = 64 K));
	give_op(f, 1, 3);
	give_op(f, 2, 2);
	give_end(f, .why = PF_END_ACKED);
	give_resend(f, .conn = 3);
	give_end(f, .conn = 4, .why = PF_END_ACKED);
	give_end(f, .conn = 5, .why = PF_END_ACKED);
	assert_int_equal(f->n, 5);
	expect_incident(f, 0, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
	assert_false(f->seen[0].evidence_lost);
	expect_incident(f, 1, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
	assert_true(f->seen[1].evidence_lost);
	expect_incident(f, 2, RANGE(0, PAGE, MIXED, RESENT, RESENT));
	assert_true(f->seen[2].evidence_lost);
	expect_incident(f, 3, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
	expect_incident(f, 4, RANGE(0, PAGE, NEAR_MISS, ACKED, SENT));
	assert_false(f->seen[4].evidence_lost);
}

ENGINE_TEST(test_flag_of_a_lossy_connection)
{
	struct pf_ev_hit h = HIT(.op = 1, .sent = 64 K);

	h.flags = PF_HIT_LOST;
	give_hit(f, h);
	give_op(f, 1, 1);
	give_end(f, .why = PF_END_ACKED);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
	assert_true(f->seen[0].evidence_lost);
}

ENGINE_TEST(test_flush)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .off = PAGE));
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 2);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, UNACKED, SENT));
	expect_incident(f, 1, RANGE(PAGE, PAGE, CORRUPT, UNSENT, QUEUED));
	assert_int_equal(pf_engine_waiting(f->engine), 0);
}

/* Written after the end: no incident, but what waits learns that it is right again. */
ENGINE_TEST(test_writes_after_the_end)
{
	struct pf_ev_hit back = HIT(.op = 2, .was = FIRST, .is = TOOK);

	give_hit(f, HIT(.op = 1, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	pf_engine_end(f->engine, 12 * MS);
	back.h.ts = 12 * MS + 1;
	give_hit(f, back);
	give_op(f, 2, 1);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, RESTORED, QUEUED));
	/* What is found then was made before, and so was what is only reported late. */
	back = FOUND(.op = 3, .was = TOOK, .is = FIRST);
	back.h.ts = 13 * MS;
	give_hit(f, back);
	give_hit(f, HIT(.op = 4, .conn = 2, .was = TOOK, .is = FIRST));
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 3);
}

TEST_FN(test_free_of_nothing)
{
	pf_engine_free(NULL);
}

ENGINE_TEST(test_oldest_goes_when_it_is_full)
{
	engine_restart(f, 8);
	for (int i = 1; i <= 5; i++) {
		give_hit(f, HIT(.op = i, .conn = i, .sent = 64 K));
		give_op(f, i, 1);
	}
	/* Each is a write and a range: four fit. */
	assert_int_equal(f->n, 1);
	assert_int_equal(pf_engine_evicted(f->engine), 1);
	assert_int_equal(pf_engine_waiting(f->engine), 4);
	assert_int_equal(f->seen[0].op, 1);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, EVICTED, SENT));
}

/* Writes of which nothing is in flight any more, and whose op records were lost. */
ENGINE_TEST(test_empty_writes_do_not_pile_up)
{
	engine_restart(f, 8);
	for (int i = 1; i <= 100; i++) {
		struct pf_ev_hit h = HIT(.op = i);

		h.before.una += PAGE;
		give_hit(f, h);
	}
	assert_int_equal(f->n, 0);
	assert_int_equal(pf_engine_evicted(f->engine), 0);
}

static double seconds(void)
{
	return clock() / (double)CLOCKS_PER_SEC;
}

/* A hundred thousand of each kind: quadratic work would take minutes. */
ENGINE_TEST(test_many)
{
	double began = seconds();

	engine_restart(f, 1000000);
	for (__u32 i = 1; i <= 100000; i++)
		give_hit(f, HIT(.op = 1, .conn = i, .sent = 64 K));
	for (__u32 i = 0; i < 100000; i++)
		give_hit(f, HIT(.op = 2 + i % 100, .conn = 200000, .off = i * 100, .len = 100,
				.sent = 1u << 30));
	give_op(f, 1, 100000);
	for (int i = 0; i < 100; i++)
		give_op(f, 2 + i, 1000);
	for (__u32 i = 1; i <= 100000; i++)
		give_end(f, .conn = i, .why = PF_END_ACKED);
	for (__u32 i = 0; i < 100000; i++)
		give_end(f, .conn = 200000, .off = i * 100, .len = 100, .why = PF_END_ACKED);
	assert_int_equal(f->n, 100100);
	assert_int_equal(pf_engine_waiting(f->engine), 0);
	assert_true(seconds() - began < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(test_time_out),
		RUN(test_op_record_lost),
		RUN(test_hit_record_lost),
		RUN(test_cut_connection),
		RUN(test_loss_weakens_only_what_waits),
		RUN(test_flag_of_a_lossy_connection),
		RUN(test_flush),
		RUN(test_writes_after_the_end),
		cmocka_unit_test(test_free_of_nothing),
		RUN(test_oldest_goes_when_it_is_full),
		RUN(test_empty_writes_do_not_pile_up),
		RUN(test_many),
	};

	return cmocka_run_group_tests_name("engine: limits", tests, NULL, NULL);
}

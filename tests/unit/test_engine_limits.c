// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine when something is missing or too much: time-outs, lost records,
 * the end of a run, its cap, and its speed.
 */
#include <time.h>

#include "engine.h"

static void test_time_out(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_op(f, 1, 1);
	pf_engine_tick(f->engine, 2010 * MS);
	assert_int_equal(f->n, 0);
	pf_engine_tick(f->engine, 2011 * MS);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, POSSIBLE, UNACKED, SENT);
	assert_false(f->seen[0].evidence_lost);
	end(f, 1, 0, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 1);
}

static void test_op_record_lost(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 0));
	pf_engine_tick(f->engine, 2010 * MS);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, CORRUPT, UNSENT, QUEUED);
	assert_true(f->seen[0].evidence_lost);
	assert_null(f->seen[0].op_rec);
	assert_int_equal(f->seen[0].ts, 10 * MS);
}

static void test_hit_record_lost(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 0));
	give_op(f, 1, 2);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].answer.verdict, PF_VERDICT_CORRUPT);
	assert_true(f->seen[0].evidence_lost);
}

static void test_loss_weakens_only_what_waits(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_hit(f, hit(1, 2, 0, 4096, 0));
	give_hit(f, hit(1, 3, 0, 4096, 65536));
	lose(f);
	give_hit(f, hit(2, 4, 0, 4096, 65536));
	pf_engine_caught_up(f->engine);
	give_hit(f, hit(2, 5, 0, 4096, 65536));
	give_op(f, 1, 3);
	give_op(f, 2, 2);
	end(f, 1, 0, 4096, PF_END_ACKED);
	resend(f, 3, 0, 4096);
	end(f, 4, 0, 4096, PF_END_ACKED);
	end(f, 5, 0, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 5);
	expect_whole(f, 0, 0, 4096, CORRUPT, UNSENT, QUEUED);
	assert_false(f->seen[0].evidence_lost);
	expect_whole(f, 1, 0, 4096, POSSIBLE, EVIDENCE_LOST, SENT);
	assert_true(f->seen[1].evidence_lost);
	expect_whole(f, 2, 0, 4096, MIXED, RESENT, RESENT);
	assert_true(f->seen[2].evidence_lost);
	expect_whole(f, 3, 0, 4096, POSSIBLE, EVIDENCE_LOST, SENT);
	expect_whole(f, 4, 0, 4096, NEAR_MISS, ACKED, SENT);
	assert_false(f->seen[4].evidence_lost);
}

static void test_flag_of_a_lossy_connection(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 0, 4096, 65536);

	h.flags = PF_HIT_LOST;
	give_hit(f, h);
	give_op(f, 1, 1);
	end(f, 1, 0, 4096, PF_END_ACKED);
	expect_whole(f, 0, 0, 4096, POSSIBLE, EVIDENCE_LOST, SENT);
	assert_true(f->seen[0].evidence_lost);
}

static void test_flush(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_op(f, 1, 1);
	give_hit(f, hit(2, 1, 4096, 4096, 0));
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 2);
	expect_whole(f, 0, 0, 4096, POSSIBLE, UNACKED, SENT);
	expect_whole(f, 1, 4096, 4096, CORRUPT, UNSENT, QUEUED);
	assert_int_equal(pf_engine_waiting(f->engine), 0);
}

/* Written after the end: no incident, but what waits learns that it is right again. */
static void test_writes_after_the_end(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit back = changed(2, 1, 0, 4096, 0, FIRST, TOOK);

	give_hit(f, changed(1, 1, 0, 4096, 0, TOOK, FIRST));
	give_op(f, 1, 1);
	pf_engine_end(f->engine, 12 * MS);
	back.h.ts = 12 * MS + 1;
	give_hit(f, back);
	give_op(f, 2, 1);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, NEAR_MISS, RESTORED, QUEUED);
	/* What is found then was made before, and so was what is only reported late. */
	back = found(changed(3, 1, 0, 4096, 0, TOOK, FIRST));
	back.h.ts = 13 * MS;
	give_hit(f, back);
	give_hit(f, changed(4, 2, 0, 4096, 0, TOOK, FIRST));
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 3);
}

static void test_free_of_nothing(void **state)
{
	(void)state;
	pf_engine_free(NULL);
}

static void test_oldest_goes_when_it_is_full(void **state)
{
	struct fixture *f = *state;

	engine_restart(f, 8);
	for (int i = 1; i <= 5; i++) {
		give_hit(f, hit(i, i, 0, 4096, 65536));
		give_op(f, i, 1);
	}
	/* Each is a write and a range: four fit. */
	assert_int_equal(f->n, 1);
	assert_int_equal(pf_engine_evicted(f->engine), 1);
	assert_int_equal(pf_engine_waiting(f->engine), 4);
	assert_int_equal(f->seen[0].op, 1);
	expect_whole(f, 0, 0, 4096, POSSIBLE, EVICTED, SENT);
}

/* Writes of which nothing is in flight any more, and whose op records were lost. */
static void test_empty_writes_do_not_pile_up(void **state)
{
	struct fixture *f = *state;

	engine_restart(f, 8);
	for (int i = 1; i <= 100; i++) {
		struct pf_ev_hit h = hit(i, 1, 0, 4096, 0);

		h.before.una += 4096;
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
static void test_many(void **state)
{
	struct fixture *f = *state;
	double began = seconds();

	engine_restart(f, 1000000);
	for (__u32 i = 0; i < 100000; i++)
		give_hit(f, hit(1, i, 0, 4096, 65536));
	for (__u32 i = 0; i < 100000; i++)
		give_hit(f, hit(2 + i % 100, 200000, i * 100, 100, 1u << 30));
	give_op(f, 1, 100000);
	for (int i = 0; i < 100; i++)
		give_op(f, 2 + i, 1000);
	for (__u32 i = 0; i < 100000; i++)
		end(f, i, 0, 4096, PF_END_ACKED);
	for (__u32 i = 0; i < 100000; i++)
		end(f, 200000, i * 100, 100, PF_END_ACKED);
	assert_int_equal(f->n, 100100);
	assert_int_equal(pf_engine_waiting(f->engine), 0);
	assert_true(seconds() - began < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_time_out),
		TEST(test_op_record_lost),
		TEST(test_hit_record_lost),
		TEST(test_loss_weakens_only_what_waits),
		TEST(test_flag_of_a_lossy_connection),
		TEST(test_flush),
		TEST(test_writes_after_the_end),
		cmocka_unit_test(test_free_of_nothing),
		TEST(test_oldest_goes_when_it_is_full),
		TEST(test_empty_writes_do_not_pile_up),
		TEST(test_many),
	};

	return cmocka_run_group_tests_name("verdict limits", tests, NULL, NULL);
}

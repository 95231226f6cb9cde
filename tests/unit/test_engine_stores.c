// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine and stores through mappings: announced by a fault or not, found by
 * fingerprints later or never.
 */
#include "engine.h"

#define PAGE 4096u

/* The fault's incident takes the store; the store's own record comes, or does not. */
static void test_found_after_its_fault(void **state)
{
	struct fixture *f = *state;

	for (int with_op = 0; with_op < 2; with_op++) {
		engine_restart(f, 0);
		give_hit(f, fault(1, 1, 0, PAGE, 0));
		give_op(f, 1, 1);
		give_hit(f, found(changed(2, 1, 0, PAGE, 0, TOOK, FIRST)));
		if (with_op)
			give_op(f, 2, 1);
		assert_int_equal(f->n, 0);
		assert_int_equal(pf_engine_waiting(f->engine), 1);
		end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
		assert_int_equal(f->n, 1);
		expect_whole(f, 0, 0, PAGE, CORRUPT, UNSENT, QUEUED);
		assert_int_equal(f->seen[0].op, 1);
		assert_int_equal(f->seen[0].writer.tid, 8);
		assert_int_equal(f->seen[0].writer.how, PF_WRITE_MMAP);
		assert_false(f->seen[0].evidence_lost);
		pf_engine_tick(f->engine, 100000 * MS);
		assert_int_equal(f->n, 1);
	}
}

static void test_found_without_a_fault(void **state)
{
	struct fixture *f = *state;

	give_hit(f, found(changed(1, 1, 0, PAGE, 1000, TOOK, FIRST)));
	give_op(f, 1, 1);
	assert_int_equal(f->n, 0);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 1000, POSSIBLE, UNSEEN, SENT);
	expect_range(f, 0, 1, 1000, PAGE - 1000, CORRUPT, UNSENT, QUEUED);
	assert_int_equal(f->seen[0].writer.pid, 0);
	assert_int_equal(f->seen[0].writer.how, PF_WRITE_UNKNOWN);
}

static void test_never_found(void **state)
{
	struct fixture *f = *state;

	give_hit(f, fault(1, 1, 0, PAGE, 65536));
	give_op(f, 1, 1);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, TOOK);
	expect_whole(f, 0, 0, PAGE, IDENTICAL, UNCHANGED, SENT);
	give_hit(f, fault(2, 1, 0, PAGE, 65536));
	give_op(f, 2, 1);
	end_as(f, 1, 0, PAGE, PF_END_ABORTED, 0);
	expect_whole(f, 1, 0, PAGE, POSSIBLE, MMAP_STORE, SENT);
	give_hit(f, fault(3, 1, 0, PAGE, 65536));
	give_op(f, 3, 1);
	pf_engine_tick(f->engine, 2010 * MS);
	assert_int_equal(f->n, 2);
	pf_engine_tick(f->engine, 2011 * MS);
	expect_whole(f, 2, 0, PAGE, POSSIBLE, MMAP_STORE, SENT);
	/* Too late for it: an incident of its own. */
	give_hit(f, found(changed(4, 1, 0, PAGE, 65536, TOOK, FIRST)));
	give_op(f, 4, 1);
	assert_int_equal(f->n, 4);
	expect_whole(f, 3, 0, PAGE, POSSIBLE, UNSEEN, SENT);
}

/* A second fault before anything was stored changes nothing. */
static void test_two_faults(void **state)
{
	struct fixture *f = *state;

	give_hit(f, fault(1, 1, 0, PAGE, 65536));
	give_op(f, 1, 1);
	give_hit(f, fault(2, 1, 0, PAGE, 65536));
	give_op(f, 2, 1);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, TOOK);
	assert_int_equal(f->n, 2);
	expect_whole(f, 0, 0, PAGE, IDENTICAL, UNCHANGED, SENT);
	expect_whole(f, 1, 0, PAGE, IDENTICAL, UNCHANGED, SENT);
}

/* Without a fingerprint there is nothing to wait for. */
static void test_not_sampled(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = fault(1, 1, 0, PAGE, 65536);

	h.fp = h.fp_before = h.fp_after = 0;
	give_hit(f, h);
	give_op(f, 1, 1);
	expect_whole(f, 0, 0, PAGE, POSSIBLE, MMAP_STORE, SENT);
}

/* What the reader had copied by the time the store was found is as it was. */
static void test_found_behind_the_reader(void **state)
{
	struct fixture *f = *state;

	give_hit(f, readable(fault(1, 1, 0, PAGE, 65536), 0, 0));
	give_op(f, 1, 1);
	give_hit(f, readable(found(changed(2, 1, 0, PAGE, 65536, TOOK, FIRST)), 1000, 1500));
	give_op(f, 2, 1);
	end_as(f, 1, 0, PAGE, PF_END_READ, FIRST);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 3);
	expect_range(f, 0, 0, 0, 1000, IDENTICAL, UNCHANGED, SENT);
	expect_range(f, 0, 1, 1000, 500, POSSIBLE, RACED, SENT);
	expect_range(f, 0, 2, 1500, PAGE - 1500, CORRUPT, UNREAD, SENT);
}

/* Copied up to 1448 when it is found: the rest goes out new, though nobody tells of the copy. */
static void test_found_behind_the_device(void **state)
{
	struct fixture *f = *state;

	give_hit(f, carried(fault(1, 1, 0, PAGE, 65536), 0, 0));
	give_op(f, 1, 1);
	give_hit(f, carried(found(changed(2, 1, 0, PAGE, 65536, TOOK, FIRST)), 1448, 1448));
	end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 1448, NEAR_MISS, ACKED, SENT);
	expect_range(f, 0, 1, 1448, PAGE - 1448, CORRUPT, UNSENT, SENT);
}

static void test_found_as_it_is_copied_again(void **state)
{
	struct fixture *f = *state;

	give_hit(f, carried(found(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST)), PAGE, PAGE));
	give_op(f, 1, 1);
	sent(f, 1, 0, 1448, FIRST);
	assert_int_equal(f->n, 0);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 1448, MIXED, RESENT, RESENT);
	expect_range(f, 0, 1, 1448, PAGE - 1448, NEAR_MISS, ACKED, SENT);
}

/* What happened between the fault and the store says nothing about the store. */
static void test_news_before_the_store(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit back = carried(changed(2, 1, 0, PAGE, 65536, FIRST, TOOK), 0, 0);
	struct pf_ev_hit h = carried(fault(1, 1, 0, PAGE, 65536), 0, 0);

	h.fp_before = h.fp_after = FIRST;	/* of somebody else's changes */
	give_hit(f, h);
	give_op(f, 1, 1);
	sent(f, 1, 0, 1448, FIRST);
	give_hit(f, back);
	give_op(f, 2, 1);
	assert_int_equal(f->n, 1);
	give_hit(f, carried(found(changed(3, 1, 0, PAGE, 65536, TOOK, SECOND)), 1448, 1448));
	sent(f, 1, 1448, PAGE - 1448, SECOND);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, SECOND);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->seen[1].n_ranges, 2);
	expect_range(f, 1, 0, 0, 1448, NEAR_MISS, ACKED, SENT);
	expect_range(f, 1, 1, 1448, PAGE - 1448, CORRUPT, CARRIED, SENT);
}

/* One page in two flights: each is found on its own, or not. */
static void test_two_flights_of_a_page(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit store = found(changed(2, 1, 2048, 2048, 0, TOOK, FIRST));

	give_hit(f, fault(1, 1, 0, 2048, 0));
	give_hit(f, fault(1, 1, 2048, 2048, 0));
	give_hit(f, fault(1, 2, 0, PAGE, 0));
	give_op(f, 1, 3);
	give_hit(f, store);
	end_as(f, 1, 0, 2048, PF_END_ACKED, TOOK);
	end_as(f, 1, 2048, 2048, PF_END_ACKED, FIRST);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	expect_range(f, 0, 0, 0, 2048, IDENTICAL, UNCHANGED, QUEUED);
	expect_range(f, 0, 1, 2048, 2048, CORRUPT, UNSENT, QUEUED);
	assert_int_equal(pf_engine_waiting(f->engine), 1);
}

/* It changes again: the first was perhaps caught half done. */
static void test_two_stores(void **state)
{
	struct fixture *f = *state;

	for (int with_fault = 0; with_fault < 2; with_fault++) {
		engine_restart(f, 0);
		if (with_fault) {
			give_hit(f, readable(fault(9, 1, 0, PAGE, 65536), 0, 0));
			give_op(f, 9, 1);
		}
		give_hit(f, readable(found(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST)), 0, 0));
		give_op(f, 1, 1);
		assert_int_equal(f->n, 0);
		give_hit(f, readable(found(changed(2, 1, 0, PAGE, 65536, FIRST, SECOND)), 0, 0));
		give_op(f, 2, 1);
		assert_int_equal(f->n, 1);
		expect_whole(f, 0, 0, PAGE, POSSIBLE, RACED, SENT);
		assert_int_equal(f->seen[0].op, with_fault ? 9 : 1);
		end_as(f, 1, 0, PAGE, PF_END_READ, SECOND);
		assert_int_equal(f->n, 2);
		expect_whole(f, 1, 0, PAGE, CORRUPT, UNREAD, SENT);
	}
}

/* A write that a hook saw is never half done. */
static void test_write_then_store(void **state)
{
	struct fixture *f = *state;

	give_hit(f, readable(part(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 0, 100), 0, 0));
	give_op(f, 1, 1);
	give_hit(f, readable(found(changed(2, 1, 0, PAGE, 65536, FIRST, SECOND)), 0, 0));
	give_op(f, 2, 1);
	end_as(f, 1, 0, PAGE, PF_END_READ, SECOND);
	assert_int_equal(f->n, 2);
	expect_whole(f, 1, 0, PAGE, CORRUPT, UNREAD, SENT);
	expect_whole(f, 0, 0, 100, CORRUPT, UNREAD, SENT);
}

/* Stored, found, and stored back before it is read. */
static void test_stored_back(void **state)
{
	struct fixture *f = *state;

	give_hit(f, readable(found(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST)), 0, 0));
	give_op(f, 1, 1);
	give_hit(f, readable(found(changed(2, 1, 0, PAGE, 65536, FIRST, TOOK)), 0, 0));
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	expect_whole(f, 0, 0, PAGE, NEAR_MISS, RESTORED, SENT);
	expect_whole(f, 1, 0, PAGE, IDENTICAL, RESTORED, SENT);
}

/* A store during a write that a hook sees passes for a part of that. */
static void test_store_may_hide_in_a_write(void **state)
{
	struct fixture *f = *state;

	give_hit(f, fault(1, 1, 0, PAGE, 65536));
	give_op(f, 1, 1);
	give_hit(f, part(changed(2, 1, 0, PAGE, 65536, TOOK, FIRST), 0, 100));
	give_op(f, 2, 1);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
	assert_int_equal(f->n, 2);
	expect_whole(f, 1, 0, 100, NEAR_MISS, ACKED, SENT);
	expect_whole(f, 0, 0, PAGE, POSSIBLE, MMAP_STORE, SENT);
}

static void test_records_lost_before_the_end(void **state)
{
	struct fixture *f = *state;

	give_hit(f, fault(1, 1, 0, PAGE, 65536));
	give_op(f, 1, 1);
	lose(f);
	pf_engine_caught_up(f->engine);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, TOOK);
	expect_whole(f, 0, 0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT);
	assert_true(f->seen[0].evidence_lost);
}

/* What was lost before the store was found, or with it, counts. */
static void test_found_with_loss(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		struct pf_ev_hit h = carried(found(changed(2, 1, 0, PAGE, 65536, TOOK, FIRST)),
					     PAGE, PAGE);

		engine_restart(f, 0);
		give_hit(f, carried(fault(1, 1, 0, PAGE, 65536), 0, 0));
		give_op(f, 1, 1);
		h.flags |= i == 0 ? PF_HIT_LOST : 0;
		if (i > 0)
			lose(f);
		if (i == 1)
			pf_engine_caught_up(f->engine);
		give_hit(f, h);
		pf_engine_caught_up(f->engine);
		end_as(f, 1, 0, PAGE, PF_END_ACKED, FIRST);
		assert_int_equal(f->n, 1);
		expect_whole(f, 0, 0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT);
		assert_true(f->seen[0].evidence_lost);
	}
}

/* No room: the fault is reported as it is, and what is found then is on its own. */
static void test_evicted(void **state)
{
	struct fixture *f = *state;

	engine_restart(f, 4);
	give_hit(f, fault(1, 1, 0, PAGE, 0));
	give_op(f, 1, 1);
	give_hit(f, changed(2, 2, 0, PAGE, 0, TOOK, FIRST));
	give_op(f, 2, 1);
	assert_int_equal(f->n, 0);
	give_hit(f, found(changed(3, 1, 0, PAGE, 0, TOOK, FIRST)));
	give_op(f, 3, 1);
	assert_int_equal(f->n, 1);
	assert_int_equal(pf_engine_evicted(f->engine), 1);
	expect_whole(f, 0, 0, PAGE, POSSIBLE, MMAP_STORE, QUEUED);
	give_hit(f, changed(4, 4, 0, PAGE, 0, TOOK, FIRST));
	assert_int_equal(pf_engine_evicted(f->engine), 2);
	expect_whole(f, 1, 0, PAGE, CORRUPT, UNSENT, QUEUED);
	assert_int_equal(pf_engine_waiting(f->engine), 2);
}

/* Changed bytes that wait are reported when their time is over, or the run is. */
static void test_time_out_and_flush(void **state)
{
	struct fixture *f = *state;

	give_hit(f, carried(changed(1, 1, 0, PAGE, 65536, TOOK, FIRST), 1000, 1000));
	give_op(f, 1, 1);
	sent(f, 1, 2000, 1000, FIRST);
	pf_engine_tick(f->engine, 2011 * MS);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 4);
	expect_range(f, 0, 0, 0, 1000, POSSIBLE, UNACKED, SENT);
	expect_range(f, 0, 1, 1000, 1000, CORRUPT, UNSENT, SENT);
	expect_range(f, 0, 2, 2000, 1000, CORRUPT, CARRIED, SENT);
	give_hit(f, changed(2, 1, 0, PAGE, 0, TOOK, FIRST));
	give_op(f, 2, 1);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	expect_whole(f, 1, 0, PAGE, CORRUPT, UNSENT, QUEUED);
	/* What comes after is about nobody. */
	give_hit(f, changed(3, 1, 0, PAGE, 0, FIRST, TOOK));
	sent(f, 1, 0, PAGE, TOOK);
	end_as(f, 1, 0, PAGE, PF_END_ACKED, TOOK);
	assert_int_equal(f->n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_found_after_its_fault),
		TEST(test_found_without_a_fault),
		TEST(test_never_found),
		TEST(test_two_faults),
		TEST(test_not_sampled),
		TEST(test_found_behind_the_reader),
		TEST(test_found_behind_the_device),
		TEST(test_found_as_it_is_copied_again),
		TEST(test_news_before_the_store),
		TEST(test_two_flights_of_a_page),
		TEST(test_two_stores),
		TEST(test_write_then_store),
		TEST(test_stored_back),
		TEST(test_store_may_hide_in_a_write),
		TEST(test_records_lost_before_the_end),
		TEST(test_found_with_loss),
		TEST(test_evicted),
		TEST(test_time_out_and_flush),
	};

	return cmocka_run_group_tests_name("verdict stores", tests, NULL, NULL);
}

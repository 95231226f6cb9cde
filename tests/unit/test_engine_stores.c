// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine and stores through mappings: announced by a fault or not, found by
 * fingerprints later or never.
 */
#include "engine.h"

/* The fault's incident takes the store; the store's own record comes, or does not. */
ENGINE_TEST(test_found_after_its_fault)
{
	for (int with_op = 0; with_op < 2; with_op++) {
		engine_restart(f, 0);
		give_hit(f, FAULT(.op = 1));
		give_op(f, 1, 1);
		give_hit(f, FOUND(.op = 2, .was = TOOK, .is = FIRST));
		if (with_op)
			give_op(f, 2, 1);
		assert_int_equal(f->n, 0);
		assert_int_equal(pf_engine_waiting(f->engine), 1);
		give_end(f, .why = PF_END_ACKED, .fp = FIRST);
		assert_int_equal(f->n, 1);
		expect_incident(f, 0, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
		assert_int_equal(f->seen[0].op, 1);
		assert_int_equal(f->seen[0].writer.tid, 8);
		assert_int_equal(f->seen[0].writer.how, PF_WRITE_MMAP);
		assert_false(f->seen[0].evidence_lost);
		pf_engine_tick(f->engine, 100000 * MS);
		assert_int_equal(f->n, 1);
	}
}

ENGINE_TEST(test_found_without_a_fault)
{
	give_hit(f, FOUND(.op = 1, .sent = 1000, .was = TOOK, .is = FIRST));
	give_op(f, 1, 1);
	assert_int_equal(f->n, 0);
	give_end(f, .why = PF_END_ACKED, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, POSSIBLE, UNSEEN, SENT),
			RANGE(1000, PAGE - 1000, CORRUPT, UNSENT, QUEUED));
	assert_int_equal(f->seen[0].writer.pid, 0);
	assert_int_equal(f->seen[0].writer.how, PF_WRITE_UNKNOWN);
}

ENGINE_TEST(test_never_found)
{
	give_hit(f, FAULT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	give_end(f, .why = PF_END_ACKED, .fp = TOOK);
	expect_incident(f, 0, RANGE(0, PAGE, IDENTICAL, UNCHANGED, SENT));
	give_hit(f, FAULT(.op = 2, .sent = 64 K));
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_ABORTED);
	expect_incident(f, 1, RANGE(0, PAGE, POSSIBLE, MMAP_STORE, SENT));
	give_hit(f, FAULT(.op = 3, .sent = 64 K));
	give_op(f, 3, 1);
	pf_engine_tick(f->engine, 2010 * MS);
	assert_int_equal(f->n, 2);
	pf_engine_tick(f->engine, 2011 * MS);
	expect_incident(f, 2, RANGE(0, PAGE, POSSIBLE, MMAP_STORE, SENT));
	/* Too late for it: an incident of its own. */
	give_hit(f, FOUND(.op = 4, .sent = 64 K, .was = TOOK, .is = FIRST));
	give_op(f, 4, 1);
	assert_int_equal(f->n, 4);
	expect_incident(f, 3, RANGE(0, PAGE, POSSIBLE, UNSEEN, SENT));
}

/* A second fault before anything was stored changes nothing. */
ENGINE_TEST(test_two_faults)
{
	give_hit(f, FAULT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	give_hit(f, FAULT(.op = 2, .sent = 64 K));
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_ACKED, .fp = TOOK);
	assert_int_equal(f->n, 2);
	expect_incident(f, 0, RANGE(0, PAGE, IDENTICAL, UNCHANGED, SENT));
	expect_incident(f, 1, RANGE(0, PAGE, IDENTICAL, UNCHANGED, SENT));
}

/* Without a fingerprint there is nothing to wait for. */
ENGINE_TEST(test_not_sampled)
{
	struct pf_ev_hit h = FAULT(.op = 1, .sent = 64 K);

	h.fp = h.fp_before = h.fp_after = 0;
	give_hit(f, h);
	give_op(f, 1, 1);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, MMAP_STORE, SENT));
}

/* What the reader had copied by the time the store was found is as it was. */
ENGINE_TEST(test_found_behind_the_reader)
{
	give_hit(f, FAULT(.op = 1, .sent = 64 K, .read = UP_TO(0, 0)));
	give_op(f, 1, 1);
	give_hit(f, FOUND(.op = 2, .sent = 64 K, .was = TOOK, .is = FIRST, .read = UP_TO(1000,
											 1500)));
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_READ, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, IDENTICAL, UNCHANGED, SENT),
			RANGE(1000, 500, POSSIBLE, RACED, SENT),
			RANGE(1500, PAGE - 1500, CORRUPT, UNREAD, SENT));
}

/* Copied up to 1448 when it is found: the rest goes out new, though nobody tells of the copy. */
ENGINE_TEST(test_found_behind_the_device)
{
	give_hit(f, FAULT(.op = 1, .sent = 64 K, .copied = UP_TO(0, 0)));
	give_op(f, 1, 1);
	give_hit(f, FOUND(.op = 2, .sent = 64 K, .was = TOOK, .is = FIRST, .copied = UP_TO(1448,
											   1448)));
	give_end(f, .why = PF_END_ACKED, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1448, NEAR_MISS, ACKED, SENT),
			RANGE(1448, PAGE - 1448, CORRUPT, UNSENT, SENT));
}

ENGINE_TEST(test_found_as_it_is_copied_again)
{
	give_hit(f, FOUND(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .copied = UP_TO(PAGE,
											   PAGE)));
	give_op(f, 1, 1);
	give_sent(f, .len = 1448, .fp = FIRST);
	assert_int_equal(f->n, 0);
	give_end(f, .why = PF_END_ACKED, .fp = FIRST);
	expect_incident(f, 0,
			RANGE(0, 1448, MIXED, RESENT, RESENT),
			RANGE(1448, PAGE - 1448, NEAR_MISS, ACKED, SENT));
}

/* What happened between the fault and the store says nothing about the store. */
ENGINE_TEST(test_news_before_the_store)
{
	struct pf_ev_hit back = HIT(.op = 2, .sent = 64 K, .was = FIRST, .is = TOOK,
				    .copied = UP_TO(0, 0));
	struct pf_ev_hit h = FAULT(.op = 1, .sent = 64 K, .copied = UP_TO(0, 0));

	h.fp_before = h.fp_after = FIRST;	/* of somebody else's changes */
	give_hit(f, h);
	give_op(f, 1, 1);
	give_sent(f, .len = 1448, .fp = FIRST);
	give_hit(f, back);
	give_op(f, 2, 1);
	assert_int_equal(f->n, 1);
	give_hit(f, FOUND(.op = 3, .sent = 64 K, .was = TOOK, .is = SECOND, .copied = UP_TO(1448,
											    1448)));
	give_sent(f, .off = 1448, .len = PAGE - 1448, .fp = SECOND);
	give_end(f, .why = PF_END_ACKED, .fp = SECOND);
	assert_int_equal(f->n, 2);
	expect_incident(f, 1,
			RANGE(0, 1448, NEAR_MISS, ACKED, SENT),
			RANGE(1448, PAGE - 1448, CORRUPT, CARRIED, SENT));
}

/* One page in two flights: each is found on its own, or not. */
ENGINE_TEST(test_two_flights_of_a_page)
{
	struct pf_ev_hit store = FOUND(.op = 2, .off = 2048, .len = 2048, .was = TOOK, .is = FIRST);

	give_hit(f, FAULT(.op = 1, .len = 2048));
	give_hit(f, FAULT(.op = 1, .off = 2048, .len = 2048));
	give_hit(f, FAULT(.op = 1, .conn = 2));
	give_op(f, 1, 3);
	give_hit(f, store);
	give_end(f, .len = 2048, .why = PF_END_ACKED, .fp = TOOK);
	give_end(f, .off = 2048, .len = 2048, .why = PF_END_ACKED, .fp = FIRST);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 2048, IDENTICAL, UNCHANGED, QUEUED),
			RANGE(2048, 2048, CORRUPT, UNSENT, QUEUED));
	assert_int_equal(pf_engine_waiting(f->engine), 1);
}

/* It changes again: the first was perhaps caught half done. */
ENGINE_TEST(test_two_stores)
{
	for (int with_fault = 0; with_fault < 2; with_fault++) {
		engine_restart(f, 0);
		if (with_fault) {
			give_hit(f, FAULT(.op = 9, .sent = 64 K, .read = UP_TO(0, 0)));
			give_op(f, 9, 1);
		}
		give_hit(f, FOUND(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST,
				  .read = UP_TO(0, 0)));
		give_op(f, 1, 1);
		assert_int_equal(f->n, 0);
		give_hit(f, FOUND(.op = 2, .sent = 64 K, .was = FIRST, .is = SECOND,
				  .read = UP_TO(0, 0)));
		give_op(f, 2, 1);
		assert_int_equal(f->n, 1);
		expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, RACED, SENT));
		assert_int_equal(f->seen[0].op, with_fault ? 9 : 1);
		give_end(f, .why = PF_END_READ, .fp = SECOND);
		assert_int_equal(f->n, 2);
		expect_incident(f, 1, RANGE(0, PAGE, CORRUPT, UNREAD, SENT));
	}
}

/* A write that a hook saw is never half done. */
ENGINE_TEST(test_write_then_store)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .count = 100, .was = TOOK, .is = FIRST,
			.read = UP_TO(0, 0)));
	give_op(f, 1, 1);
	give_hit(f, FOUND(.op = 2, .sent = 64 K, .was = FIRST, .is = SECOND, .read = UP_TO(0, 0)));
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_READ, .fp = SECOND);
	assert_int_equal(f->n, 2);
	expect_incident(f, 1, RANGE(0, PAGE, CORRUPT, UNREAD, SENT));
	expect_incident(f, 0, RANGE(0, 100, CORRUPT, UNREAD, SENT));
}

/* Stored, found, and stored back before it is read. */
ENGINE_TEST(test_stored_back)
{
	give_hit(f, FOUND(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .read = UP_TO(0, 0)));
	give_op(f, 1, 1);
	give_hit(f, FOUND(.op = 2, .sent = 64 K, .was = FIRST, .is = TOOK, .read = UP_TO(0, 0)));
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, RESTORED, SENT));
	expect_incident(f, 1, RANGE(0, PAGE, IDENTICAL, RESTORED, SENT));
}

/* A store during a write that a hook sees passes for a part of that. */
ENGINE_TEST(test_store_may_hide_in_a_write)
{
	give_hit(f, FAULT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .sent = 64 K, .count = 100, .was = TOOK, .is = FIRST));
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_ACKED, .fp = FIRST);
	assert_int_equal(f->n, 2);
	expect_incident(f, 1, RANGE(0, 100, NEAR_MISS, ACKED, SENT));
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, MMAP_STORE, SENT));
}

ENGINE_TEST(test_records_lost_before_the_end)
{
	give_hit(f, FAULT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	give_loss(f);
	pf_engine_caught_up(f->engine);
	give_end(f, .why = PF_END_ACKED, .fp = TOOK);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
	assert_true(f->seen[0].evidence_lost);
}

/* What was lost before the store was found, or with it, counts. */
ENGINE_TEST(test_found_with_loss)
{
	for (int i = 0; i < 3; i++) {
		struct pf_ev_hit h = FOUND(.op = 2, .sent = 64 K, .was = TOOK, .is = FIRST,
					   .copied = UP_TO(PAGE, PAGE));

		engine_restart(f, 0);
		give_hit(f, FAULT(.op = 1, .sent = 64 K, .copied = UP_TO(0, 0)));
		give_op(f, 1, 1);
		h.flags |= i == 0 ? PF_HIT_LOST : 0;
		if (i > 0)
			give_loss(f);
		if (i == 1)
			pf_engine_caught_up(f->engine);
		give_hit(f, h);
		pf_engine_caught_up(f->engine);
		give_end(f, .why = PF_END_ACKED, .fp = FIRST);
		assert_int_equal(f->n, 1);
		expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
		assert_true(f->seen[0].evidence_lost);
	}
}

/* No room: the fault is reported as it is, and what is found then is on its own. */
ENGINE_TEST(test_evicted)
{
	engine_restart(f, 4);
	give_hit(f, FAULT(.op = 1));
	give_op(f, 1, 1);
	give_hit(f, HIT(.op = 2, .conn = 2, .was = TOOK, .is = FIRST));
	give_op(f, 2, 1);
	assert_int_equal(f->n, 0);
	give_hit(f, FOUND(.op = 3, .was = TOOK, .is = FIRST));
	give_op(f, 3, 1);
	assert_int_equal(f->n, 1);
	assert_int_equal(pf_engine_evicted(f->engine), 1);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, MMAP_STORE, QUEUED));
	give_hit(f, HIT(.op = 4, .conn = 4, .was = TOOK, .is = FIRST));
	assert_int_equal(pf_engine_evicted(f->engine), 2);
	expect_incident(f, 1, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
	assert_int_equal(pf_engine_waiting(f->engine), 2);
}

/* Changed bytes that wait are reported when their time is over, or the run is. */
ENGINE_TEST(test_time_out_and_flush)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K, .was = TOOK, .is = FIRST, .copied = UP_TO(1000,
											 1000)));
	give_op(f, 1, 1);
	give_sent(f, .off = 2000, .len = 1000, .fp = FIRST);
	pf_engine_tick(f->engine, 2011 * MS);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, POSSIBLE, UNACKED, SENT),
			RANGE(1000, 1000, CORRUPT, UNSENT, SENT),
			RANGE(2000, 1000, CORRUPT, CARRIED, SENT),
			RANGE(3000, PAGE - 3000, CORRUPT, UNSENT, SENT));
	give_hit(f, HIT(.op = 2, .was = TOOK, .is = FIRST));
	give_op(f, 2, 1);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	expect_incident(f, 1, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
	/* What comes after is about nobody. */
	give_hit(f, HIT(.op = 3, .was = FIRST, .is = TOOK));
	give_sent(f, .fp = TOOK);
	give_end(f, .why = PF_END_ACKED, .fp = TOOK);
	assert_int_equal(f->n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(test_found_after_its_fault),
		RUN(test_found_without_a_fault),
		RUN(test_never_found),
		RUN(test_two_faults),
		RUN(test_not_sampled),
		RUN(test_found_behind_the_reader),
		RUN(test_found_behind_the_device),
		RUN(test_found_as_it_is_copied_again),
		RUN(test_news_before_the_store),
		RUN(test_two_flights_of_a_page),
		RUN(test_two_stores),
		RUN(test_write_then_store),
		RUN(test_stored_back),
		RUN(test_store_may_hide_in_a_write),
		RUN(test_records_lost_before_the_end),
		RUN(test_found_with_loss),
		RUN(test_evicted),
		RUN(test_time_out_and_flush),
	};

	return cmocka_run_group_tests_name("engine: stores", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine: hits are cut and joined, ranges wait for what decides them. The
 * rules for one byte are those of test_judge.c.
 */
#include "engine.h"

ENGINE_TEST(test_unsent_is_reported_with_its_op)
{
	give_hit(f, HIT(.op = 1));
	assert_int_equal(f->n, 0);
	assert_int_equal(pf_engine_waiting(f->engine), 1);
	give_op(f, 1, 1);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, CORRUPT, UNSENT, QUEUED));
	assert_int_equal(f->seen[0].ts, 11 * MS);
	assert_int_equal(f->seen[0].age_ns, 7 * MS);
	assert_int_equal(f->seen[0].writer.tid, 8);
	assert_int_equal(f->seen[0].sender.pid, 9);
	assert_non_null(f->seen[0].op_rec);
	assert_false(f->seen[0].evidence_lost);
	assert_int_equal(pf_engine_waiting(f->engine), 0);
}

ENGINE_TEST(test_only_what_both_have)
{
	struct pf_ev_hit nothing = HIT(.op = 5, .off = PAGE, .pos = 5000);

	give_hit(f, HIT(.op = 1, .off = PAGE, .pos = 5001, .count = 100));
	give_hit(f, HIT(.op = 2, .off = PAGE, .pos = 4000, .count = 97));
	give_hit(f, HIT(.op = 3, .off = PAGE, .pos = 8191, .count = (__u64)-1));
	give_hit(f, HIT(.op = 4, .off = PAGE, .pos = 8192));
	nothing.count = 0;
	give_hit(f, nothing);
	for (int op = 1; op <= 5; op++)
		give_op(f, op, 1);
	assert_int_equal(f->n, 3);
	expect_incident(f, 0, RANGE(5001, 100, CORRUPT, UNSENT, QUEUED));
	expect_incident(f, 1, RANGE(PAGE, 1, CORRUPT, UNSENT, QUEUED));
	expect_incident(f, 2, RANGE(8191, 1, CORRUPT, UNSENT, QUEUED));
}

ENGINE_TEST(test_pages_in_any_order_become_one_range)
{
	static const int orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };

	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 4; k++) {
			struct pf_ev_hit h = HIT(.op = i + 1, .off = orders[i][k] * PAGE);

			h.attached += orders[i][k] * MS;
			give_hit(f, h);
		}
		give_op(f, i + 1, 4);
		assert_int_equal(f->n, i + 1);
		expect_incident(f, i, RANGE(0, 4 * PAGE, CORRUPT, UNSENT, QUEUED));
		assert_int_equal(f->seen[i].age_ns, 7 * MS);
	}
}

/* The sequence numbers pass zero within the page. */
ENGINE_TEST(test_cut_where_the_answer_changes)
{
	struct pf_ev_hit h = HIT(.op = 1);

	h.seq = (__u32)-100;
	h.before = (struct pf_progress){ .una = h.seq + 10, .nxt = h.seq + 90 };
	h.after = (struct pf_progress){ .una = h.seq + 20, .nxt = h.seq + 150 };
	give_hit(f, h);
	give_op(f, 1, 1);
	assert_int_equal(f->n, 0);
	give_end(f, .seq = h.seq, .why = PF_END_ACKED);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(10, 80, NEAR_MISS, ACKED, SENT),
			RANGE(90, 60, POSSIBLE, RACED, QUEUED),
			RANGE(150, 3946, CORRUPT, UNSENT, QUEUED));
}

/* Two rules of one reason: ranges of their own, but the reason counts them as one. */
ENGINE_TEST(test_rules_part_ranges_and_no_reasons)
{
	struct pf_ev_hit dropped = HIT(.op = 1, .off = 1000, .len = 1200, .sent = 64 K,
				       .read = UP_TO(0, 0));

	dropped.flags |= PF_HIT_ENDED;
	give_hit(f, HIT(.op = 1, .len = 1000, .sent = 64 K, .read = UP_TO(0, 1000)));
	give_hit(f, dropped);
	give_hit(f, HIT(.op = 1, .off = PAGE, .len = 1500, .sent = 64 K));
	give_op(f, 1, 3);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1000, POSSIBLE, RACED, SENT),
			RANGE(1000, 1200, POSSIBLE, RACED, SENT),
			RANGE(PAGE, 1500, POSSIBLE, UNACKED, SENT));
	assert_string_equal(f->ranges[0][0].answer.rule,
			    "read by the local reader while the write ran");
	assert_string_equal(f->ranges[0][1].answer.rule,
			    "dropped unread by the local reader while the write ran");
	assert_ptr_equal(f->seen[0].answer.rule, f->ranges[0][1].answer.rule);
}

ENGINE_TEST(test_acked_is_a_near_miss)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	give_op(f, 1, 1);
	give_end(f, .conn = 2, .why = PF_END_ACKED);
	assert_int_equal(f->n, 0);
	give_end(f, .why = PF_END_ACKED);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, ACKED, SENT));
}

/* The flight may end between the records of the hit and of the op. */
ENGINE_TEST(test_end_before_op)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	give_end(f, .why = PF_END_ABORTED);
	assert_int_equal(f->n, 0);
	give_op(f, 1, 1);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, ABORTED, SENT));
}

/* A segment that is resent knows nothing of pages. */
ENGINE_TEST(test_resend_of_a_part)
{
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	give_hit(f, HIT(.op = 1, .off = PAGE, .sent = 64 K));
	give_op(f, 1, 2);
	give_resend(f, .off = 1448, .len = 1448);
	give_resend(f, .off = 2896, .len = 1448);
	give_end(f, .why = PF_END_ACKED);
	give_end(f, .off = PAGE, .why = PF_END_ACKED);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1448, NEAR_MISS, ACKED, SENT),
			RANGE(1448, 2896, MIXED, RESENT, RESENT),
			RANGE(4344, 3848, NEAR_MISS, ACKED, SENT));
	assert_int_equal(f->seen[0].resends, 2);
}

ENGINE_TEST(test_resend_of_all_settles)
{
	struct pf_ev_hit h = HIT(.op = 1, .off = PAGE, .sent = 64 K);

	h.resends = 3;
	give_hit(f, h);
	give_op(f, 1, 1);
	give_resend(f, .len = 64 K);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0, RANGE(PAGE, PAGE, MIXED, RESENT, RESENT));
	assert_int_equal(f->seen[0].resends, 4);
}

/* Neighbours in the sequence space are not touched, also where it wraps. */
ENGINE_TEST(test_edges_of_ranges)
{
	struct pf_ev_hit h = HIT(.op = 1);

	h.seq = (__u32)-1000;
	h.before.nxt = h.after.nxt = 50000;
	h.before.una = h.after.una = h.seq - 1000;
	give_hit(f, h);
	give_op(f, 1, 1);
	give_end(f, .seq = h.seq - 500, .len = 500, .why = PF_END_ACKED);
	give_end(f, .seq = h.seq + PAGE, .len = 500, .why = PF_END_ACKED);
	assert_int_equal(f->n, 0);
	give_resend(f, .seq = h.seq - 500, .len = 501);
	give_resend(f, .seq = h.seq + 4095, .len = 1);
	give_end(f, .seq = h.seq - 70000, .len = 140000, .why = PF_END_ACKED);
	assert_int_equal(f->n, 1);
	expect_incident(f, 0,
			RANGE(0, 1, MIXED, RESENT, RESENT),
			RANGE(1, 4094, NEAR_MISS, ACKED, SENT),
			RANGE(4095, 1, MIXED, RESENT, RESENT));
}

ENGINE_TEST(test_one_incident_per_write_and_connection)
{
	give_hit(f, HIT(.op = 1));
	give_hit(f, HIT(.op = 1, .conn = 2, .sent = 64 K));
	give_hit(f, HIT(.op = 2, .len = 100));
	give_op(f, 1, 2);
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->seen[0].conn, 1);
	assert_int_equal(f->seen[1].op, 2);
	give_end(f, .conn = 2, .why = PF_END_ACKED);
	assert_int_equal(f->n, 3);
	assert_int_equal(f->seen[2].conn, 2);
}

/* The same place of the file twice in one stream is two ranges. */
ENGINE_TEST(test_file_sent_twice)
{
	struct pf_ev_hit h = HIT(.op = 1);

	give_hit(f, h);
	h.stream_off += 8192;
	h.seq += 8192;
	give_hit(f, h);
	give_op(f, 1, 2);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->seen[0].bytes, 8192);
	assert_int_equal(f->seen[0].file_len, PAGE);
	assert_int_equal(f->seen[0].stream_len, 12288);
}

/* Neighbours in the file that are none in the stream, and the other way round. */
ENGINE_TEST(test_neighbours_in_one_of_two)
{
	struct pf_ev_hit h = HIT(.op = 1), next = HIT(.op = 1, .off = PAGE);

	next.stream_off += 100;
	next.seq += 100;
	give_hit(f, h);
	give_hit(f, next);
	give_op(f, 1, 2);
	next = h;
	next.op = h.op = 2;
	next.file_off += 8192;
	next.stream_off += PAGE;
	next.seq += PAGE;
	give_hit(f, h);
	give_hit(f, next);
	give_op(f, 2, 2);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->seen[1].n_ranges, 2);
	assert_int_equal(f->seen[1].file_len, 3 * PAGE);
}

ENGINE_TEST(test_the_longest_of_the_strongest_gives_the_reason)
{
	struct pf_ev_hit h = HIT(.op = 1, .sent = 1000);

	h.flags = PF_HIT_LOCAL | PF_HIT_HERE;
	h.before.read = h.after.read = SEQ;
	give_hit(f, h);
	give_op(f, 1, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->seen[0].answer.reason, PF_REASON_UNSENT);
	assert_int_equal(f->seen[0].bytes, PAGE);
	assert_int_equal(f->seen[0].reader, PF_READER_HERE);
}

/* Who reads was not known when the write came; the end of the flight tells. */
ENGINE_TEST(test_reader_known_later)
{
	struct pf_ev_hit h = HIT(.op = 1, .sent = PAGE);

	h.flags = PF_HIT_UNSURE;
	give_hit(f, h);
	give_op(f, 1, 1);
	give_end(f, .why = PF_END_READ);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, RACED, SENT));
	assert_int_equal(f->seen[0].reader, PF_READER_HERE);

	h.op = 2;
	give_hit(f, h);
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_ACKED);
	assert_int_equal(f->seen[1].reader, PF_READER_UNKNOWN);

	/* The reader is here, but perhaps got a copy: one that has read is over, be it a copy. */
	h.op = 3;
	h.flags = PF_HIT_LOCAL | PF_HIT_HERE | PF_HIT_UNSURE;
	h.before.read = h.after.read = SEQ;
	give_hit(f, h);
	give_op(f, 3, 1);
	expect_incident(f, 2, RANGE(0, PAGE, POSSIBLE, IN_HOST, SENT));
	assert_int_equal(f->seen[2].reader, PF_READER_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(test_unsent_is_reported_with_its_op),
		RUN(test_only_what_both_have),
		RUN(test_pages_in_any_order_become_one_range),
		RUN(test_cut_where_the_answer_changes),
		RUN(test_rules_part_ranges_and_no_reasons),
		RUN(test_acked_is_a_near_miss),
		RUN(test_end_before_op),
		RUN(test_resend_of_a_part),
		RUN(test_resend_of_all_settles),
		RUN(test_edges_of_ranges),
		RUN(test_one_incident_per_write_and_connection),
		RUN(test_file_sent_twice),
		RUN(test_neighbours_in_one_of_two),
		RUN(test_the_longest_of_the_strongest_gives_the_reason),
		RUN(test_reader_known_later),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}

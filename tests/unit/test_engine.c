// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine: hits are cut and joined, ranges wait for what decides them. The
 * rules for one byte are those of test_judge.c.
 */
#include "engine.h"

static void test_unsent_is_reported_with_its_op(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 0));
	assert_int_equal(f->n, 0);
	assert_int_equal(pf_engine_waiting(f->engine), 1);
	give_op(f, 1, 1);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, CORRUPT, UNSENT, QUEUED);
	assert_int_equal(f->seen[0].ts, 11 * MS);
	assert_int_equal(f->seen[0].age_ns, 7 * MS);
	assert_int_equal(f->seen[0].writer.tid, 8);
	assert_int_equal(f->seen[0].sender.pid, 9);
	assert_non_null(f->seen[0].op_rec);
	assert_false(f->seen[0].evidence_lost);
	assert_int_equal(pf_engine_waiting(f->engine), 0);
}

static void test_only_what_both_have(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 4096, 4096, 0);

	h.pos = 5001;
	h.count = 100;
	give_hit(f, h);
	h = hit(2, 1, 4096, 4096, 0);
	h.pos = 4000;
	h.count = 97;
	give_hit(f, h);
	h = hit(3, 1, 4096, 4096, 0);
	h.pos = 8191;
	h.count = (__u64)-1;
	give_hit(f, h);
	h = hit(4, 1, 4096, 4096, 0);
	h.pos = 8192;
	give_hit(f, h);
	h.op = 5;
	h.pos = 5000;
	h.count = 0;
	give_hit(f, h);
	for (int op = 1; op <= 5; op++)
		give_op(f, op, 1);
	assert_int_equal(f->n, 3);
	expect_whole(f, 0, 5001, 100, CORRUPT, UNSENT, QUEUED);
	expect_whole(f, 1, 4096, 1, CORRUPT, UNSENT, QUEUED);
	expect_whole(f, 2, 8191, 1, CORRUPT, UNSENT, QUEUED);
}

static void test_pages_in_any_order_become_one_range(void **state)
{
	static const int orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 4; k++) {
			struct pf_ev_hit h = hit(i + 1, 1, orders[i][k] * 4096, 4096, 0);

			h.attached += orders[i][k] * MS;
			give_hit(f, h);
		}
		give_op(f, i + 1, 4);
		assert_int_equal(f->n, i + 1);
		expect_whole(f, i, 0, 4 * 4096, CORRUPT, UNSENT, QUEUED);
		assert_int_equal(f->seen[i].age_ns, 7 * MS);
	}
}

/* The sequence numbers pass zero within the page. */
static void test_cut_where_the_answer_changes(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 0, 4096, 0);

	h.seq = (__u32)-100;
	h.before = (struct pf_progress){ .una = h.seq + 10, .nxt = h.seq + 90 };
	h.after = (struct pf_progress){ .una = h.seq + 20, .nxt = h.seq + 150 };
	give_hit(f, h);
	give_op(f, 1, 1);
	assert_int_equal(f->n, 0);
	give_range(f, PF_EV_END, 1, h.seq, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 3);
	expect_range(f, 0, 0, 10, 80, NEAR_MISS, ACKED, SENT);
	expect_range(f, 0, 1, 90, 60, POSSIBLE, RACED, QUEUED);
	expect_range(f, 0, 2, 150, 3946, CORRUPT, UNSENT, QUEUED);
	assert_int_equal(f->seen[0].answer.verdict, PF_VERDICT_CORRUPT);
	assert_int_equal(f->seen[0].bytes, 3946);
	assert_int_equal(f->seen[0].file_off, 150);
	assert_int_equal(f->seen[0].file_len, 3946);
}

/* Two rules of one reason: ranges of their own, but the reason counts them as one. */
static void test_rules_part_ranges_and_no_reasons(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit dropped = readable(hit(1, 1, 1000, 1200, 65536), 0, 0);

	dropped.flags |= PF_HIT_ENDED;
	give_hit(f, readable(hit(1, 1, 0, 1000, 65536), 0, 1000));
	give_hit(f, dropped);
	give_hit(f, hit(1, 1, 4096, 1500, 65536));
	give_op(f, 1, 3);
	assert_int_equal(pf_engine_flush(f->engine), 0);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 3);
	expect_range(f, 0, 0, 0, 1000, POSSIBLE, RACED, SENT);
	expect_range(f, 0, 1, 1000, 1200, POSSIBLE, RACED, SENT);
	expect_range(f, 0, 2, 4096, 1500, POSSIBLE, UNACKED, SENT);
	assert_string_equal(f->ranges[0][0].answer.rule,
			    "read by the local reader while the write ran");
	assert_string_equal(f->ranges[0][1].answer.rule,
			    "dropped unread by the local reader while the write ran");
	assert_ptr_equal(f->seen[0].answer.rule, f->ranges[0][1].answer.rule);
}

static void test_acked_is_a_near_miss(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_op(f, 1, 1);
	end(f, 2, 0, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 0);
	end(f, 1, 0, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, NEAR_MISS, ACKED, SENT);
}

/* The flight may end between the records of the hit and of the op. */
static void test_end_before_op(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	end(f, 1, 0, 4096, PF_END_ABORTED);
	assert_int_equal(f->n, 0);
	give_op(f, 1, 1);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, NEAR_MISS, ABORTED, SENT);
}

/* A segment that is resent knows nothing of pages. */
static void test_resend_of_a_part(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_hit(f, hit(1, 1, 4096, 4096, 65536));
	give_op(f, 1, 2);
	resend(f, 1, 1448, 1448);
	resend(f, 1, 2896, 1448);
	end(f, 1, 0, 4096, PF_END_ACKED);
	end(f, 1, 4096, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 3);
	expect_range(f, 0, 0, 0, 1448, NEAR_MISS, ACKED, SENT);
	expect_range(f, 0, 1, 1448, 2896, MIXED, RESENT, RESENT);
	expect_range(f, 0, 2, 4344, 3848, NEAR_MISS, ACKED, SENT);
	assert_int_equal(f->seen[0].answer.verdict, PF_VERDICT_MIXED);
	assert_int_equal(f->seen[0].bytes, 2896);
	assert_int_equal(f->seen[0].file_off, 1448);
	assert_int_equal(f->seen[0].resends, 2);
}

static void test_resend_of_all_settles(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 4096, 4096, 65536);

	h.resends = 3;
	give_hit(f, h);
	give_op(f, 1, 1);
	resend(f, 1, 0, 65536);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 4096, 4096, MIXED, RESENT, RESENT);
	assert_int_equal(f->seen[0].resends, 4);
}

/* Neighbours in the sequence space are not touched, also where it wraps. */
static void test_edges_of_ranges(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 0, 4096, 0);

	h.seq = (__u32)-1000;
	h.before.nxt = h.after.nxt = 50000;
	h.before.una = h.after.una = h.seq - 1000;
	give_hit(f, h);
	give_op(f, 1, 1);
	give_range(f, PF_EV_END, 1, h.seq - 500, 500, PF_END_ACKED);
	give_range(f, PF_EV_END, 1, h.seq + 4096, 500, PF_END_ACKED);
	assert_int_equal(f->n, 0);
	give_range(f, PF_EV_RESEND, 1, h.seq - 500, 501, 0);
	give_range(f, PF_EV_RESEND, 1, h.seq + 4095, 1, 0);
	give_range(f, PF_EV_END, 1, h.seq - 70000, 140000, PF_END_ACKED);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 3);
	expect_range(f, 0, 0, 0, 1, MIXED, RESENT, RESENT);
	expect_range(f, 0, 1, 1, 4094, NEAR_MISS, ACKED, SENT);
	expect_range(f, 0, 2, 4095, 1, MIXED, RESENT, RESENT);
}

static void test_one_incident_per_write_and_connection(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 0));
	give_hit(f, hit(1, 2, 0, 4096, 65536));
	give_hit(f, hit(2, 1, 0, 100, 0));
	give_op(f, 1, 2);
	give_op(f, 2, 1);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->seen[0].conn, 1);
	assert_int_equal(f->seen[1].op, 2);
	end(f, 2, 0, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 3);
	assert_int_equal(f->seen[2].conn, 2);
}

/* The same place of the file twice in one stream is two ranges. */
static void test_file_sent_twice(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 0, 4096, 0);

	give_hit(f, h);
	h.stream_off += 8192;
	h.seq += 8192;
	give_hit(f, h);
	give_op(f, 1, 2);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->seen[0].bytes, 8192);
	assert_int_equal(f->seen[0].file_len, 4096);
	assert_int_equal(f->seen[0].stream_len, 12288);
}

/* Neighbours in the file that are none in the stream, and the other way round. */
static void test_neighbours_in_one_of_two(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 0, 4096, 0), next = hit(1, 1, 4096, 4096, 0);

	next.stream_off += 100;
	next.seq += 100;
	give_hit(f, h);
	give_hit(f, next);
	give_op(f, 1, 2);
	next = h;
	next.op = h.op = 2;
	next.file_off += 8192;
	next.stream_off += 4096;
	next.seq += 4096;
	give_hit(f, h);
	give_hit(f, next);
	give_op(f, 2, 2);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->seen[1].n_ranges, 2);
	assert_int_equal(f->seen[1].file_len, 3 * 4096);
}

static void test_the_longest_of_the_strongest_gives_the_reason(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 0, 4096, 1000);

	h.flags = PF_HIT_LOCAL;
	h.before.read = h.after.read = SEQ;
	give_hit(f, h);
	give_op(f, 1, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->seen[0].answer.reason, PF_REASON_UNSENT);
	assert_int_equal(f->seen[0].bytes, 4096);
	assert_true(f->seen[0].local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unsent_is_reported_with_its_op),
		TEST(test_only_what_both_have),
		TEST(test_pages_in_any_order_become_one_range),
		TEST(test_cut_where_the_answer_changes),
		TEST(test_rules_part_ranges_and_no_reasons),
		TEST(test_acked_is_a_near_miss),
		TEST(test_end_before_op),
		TEST(test_resend_of_a_part),
		TEST(test_resend_of_all_settles),
		TEST(test_edges_of_ranges),
		TEST(test_one_incident_per_write_and_connection),
		TEST(test_file_sent_twice),
		TEST(test_neighbours_in_one_of_two),
		TEST(test_the_longest_of_the_strongest_gives_the_reason),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* links: user/verdict.c user/pending.c user/compose.c user/judge.c */
/*
 * The engine: events in, incidents out. The rules for one byte are those of
 * test_judge.c; here are cutting, joining, waiting, losing and forgetting.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit.h"
#include "verdict.h"

#define MS 1000000ull
#define MAX_SEEN 64
#define MAX_RANGES 16

struct fixture {
	struct verdict *v;
	size_t n;
	struct incident seen[MAX_SEEN];
	struct incident_range ranges[MAX_SEEN][MAX_RANGES];
};

static void on_incident(void *ctx, const struct incident *inc)
{
	struct fixture *f = ctx;
	size_t at = f->n++;

	if (at >= MAX_SEEN)
		return;
	assert_true(inc->n_ranges <= MAX_RANGES);
	f->seen[at] = *inc;
	memcpy(f->ranges[at], inc->ranges, inc->n_ranges * sizeof(*inc->ranges));
}

static void start(struct fixture *f, size_t max_waiting)
{
	const struct verdict_config cfg = { .max_waiting = max_waiting };

	f->n = 0;
	assert_int_equal(verdict_new(&f->v, &cfg, on_incident, f), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	start(f, 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	verdict_free(f->v);
	free(f);
	return 0;
}

/* File offset 0 is stream offset 1000 and sequence number SEQ. */
#define SEQ 5000u
#define STREAM 1000u

/* A remote peer, nothing acknowledged, `sent` bytes transmitted; a write of everything. */
static struct pf_ev_hit hit(__u64 op, __u64 conn, __u64 off, __u32 len, __u32 sent)
{
	struct pf_progress at = { .una = SEQ, .nxt = SEQ + sent };

	return (struct pf_ev_hit){
		.h = { .ts = 10 * MS, .type = PF_EV_HIT, .size = sizeof(struct pf_ev_hit) },
		.op = op,
		.conn = conn,
		.writer = { .pid = 7, .tid = 8, .how = PF_WRITE_WRITE, .comm = "writer" },
		.sender = { .pid = 9, .comm = "sender" },
		.count = 1 << 30,
		.file_off = off,
		.stream_off = STREAM + off,
		.attached = 4 * MS,
		.seq = SEQ + off,
		.len = len,
		.before = at,
		.after = at,
	};
}

static void give_hit(struct fixture *f, struct pf_ev_hit hit)
{
	assert_int_equal(verdict_event(f->v, &hit.h), 0);
}

static void give_op(struct fixture *f, __u64 op, __u32 hits)
{
	struct pf_ev_op ev = {
		.h = { .ts = 11 * MS, .type = PF_EV_OP, .size = sizeof(ev) },
		.op = op,
		.hits = hits,
		.path = "/file",
	};

	assert_int_equal(verdict_event(f->v, &ev.h), 0);
}

static void give_range(struct fixture *f, __u32 type, __u64 conn, __u32 seq, __u32 len, __u32 why)
{
	static __u64 ts = 20 * MS;
	struct pf_ev_range ev = {
		.h = { .ts = ts++, .type = type, .size = sizeof(ev) },
		.conn = conn,
		.seq = seq,
		.len = len,
		.why = why,
	};

	assert_int_equal(verdict_event(f->v, &ev.h), 0);
}

static void resend(struct fixture *f, __u64 conn, __u32 off, __u32 len)
{
	give_range(f, PF_EV_RESEND, conn, SEQ + off, len, 0);
}

static void end(struct fixture *f, __u64 conn, __u32 off, __u32 len, __u32 why)
{
	give_range(f, PF_EV_END, conn, SEQ + off, len, why);
}

static void expect_range(const struct fixture *f, size_t i, size_t k, __u64 off, __u64 len,
			 enum verdict_kind verdict, enum reason reason, enum phase phase)
{
	const struct incident_range *r = &f->ranges[i][k];

	assert_true(i < f->n && k < f->seen[i].n_ranges);
	assert_int_equal(r->file_off, off);
	assert_int_equal(r->stream_off, STREAM + off);
	assert_int_equal(r->len, len);
	assert_int_equal(r->answer.verdict, verdict);
	assert_int_equal(r->answer.reason, reason);
	assert_int_equal(r->answer.phase, phase);
}

/* One range is all of it. */
static void expect_whole(const struct fixture *f, size_t i, __u64 off, __u64 len,
			 enum verdict_kind verdict, enum reason reason, enum phase phase)
{
	assert_int_equal(f->seen[i].n_ranges, 1);
	expect_range(f, i, 0, off, len, verdict, reason, phase);
	assert_int_equal(f->seen[i].answer.verdict, verdict);
	assert_int_equal(f->seen[i].bytes, len);
	assert_int_equal(f->seen[i].file_off, off);
	assert_int_equal(f->seen[i].file_len, len);
	assert_int_equal(f->seen[i].stream_off, STREAM + off);
	assert_int_equal(f->seen[i].stream_len, len);
}

static void test_unsent_is_reported_with_its_op(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 0));
	assert_int_equal(f->n, 0);
	assert_int_equal(verdict_waiting(f->v), 1);
	give_op(f, 1, 1);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
	assert_int_equal(f->seen[0].ts, 11 * MS);
	assert_int_equal(f->seen[0].age_ns, 7 * MS);
	assert_int_equal(f->seen[0].writer.tid, 8);
	assert_int_equal(f->seen[0].sender.pid, 9);
	assert_non_null(f->seen[0].op_rec);
	assert_false(f->seen[0].evidence_lost);
	assert_int_equal(verdict_waiting(f->v), 0);
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
	expect_whole(f, 0, 5001, 100, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
	expect_whole(f, 1, 4096, 1, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
	expect_whole(f, 2, 8191, 1, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
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
		expect_whole(f, i, 0, 4 * 4096, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
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
	expect_range(f, 0, 0, 10, 80, VERDICT_NEAR_MISS, REASON_ACKED, PHASE_SENT);
	expect_range(f, 0, 1, 90, 60, VERDICT_POSSIBLE, REASON_RACED, PHASE_QUEUED);
	expect_range(f, 0, 2, 150, 3946, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
	assert_int_equal(f->seen[0].answer.verdict, VERDICT_CORRUPT);
	assert_int_equal(f->seen[0].bytes, 3946);
	assert_int_equal(f->seen[0].file_off, 150);
	assert_int_equal(f->seen[0].file_len, 3946);
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
	expect_whole(f, 0, 0, 4096, VERDICT_NEAR_MISS, REASON_ACKED, PHASE_SENT);
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
	expect_whole(f, 0, 0, 4096, VERDICT_NEAR_MISS, REASON_ABORTED, PHASE_SENT);
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
	expect_range(f, 0, 0, 0, 1448, VERDICT_NEAR_MISS, REASON_ACKED, PHASE_SENT);
	expect_range(f, 0, 1, 1448, 2896, VERDICT_MIXED, REASON_RESENT, PHASE_RESENT);
	expect_range(f, 0, 2, 4344, 3848, VERDICT_NEAR_MISS, REASON_ACKED, PHASE_SENT);
	assert_int_equal(f->seen[0].answer.verdict, VERDICT_MIXED);
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
	expect_whole(f, 0, 4096, 4096, VERDICT_MIXED, REASON_RESENT, PHASE_RESENT);
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
	expect_range(f, 0, 0, 0, 1, VERDICT_MIXED, REASON_RESENT, PHASE_RESENT);
	expect_range(f, 0, 1, 1, 4094, VERDICT_NEAR_MISS, REASON_ACKED, PHASE_SENT);
	expect_range(f, 0, 2, 4095, 1, VERDICT_MIXED, REASON_RESENT, PHASE_RESENT);
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

static void test_the_longest_of_the_strongest_gives_the_reason(void **state)
{
	struct fixture *f = *state;
	struct pf_ev_hit h = hit(1, 1, 0, 4096, 1000);

	h.flags = PF_HIT_LOCAL;
	h.before.read = h.after.read = SEQ;
	give_hit(f, h);
	give_op(f, 1, 1);
	assert_int_equal(f->seen[0].n_ranges, 2);
	assert_int_equal(f->seen[0].answer.reason, REASON_UNSENT);
	assert_int_equal(f->seen[0].bytes, 4096);
	assert_true(f->seen[0].local);
}

static void test_time_out(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_op(f, 1, 1);
	verdict_tick(f->v, 2010 * MS);
	assert_int_equal(f->n, 0);
	verdict_tick(f->v, 2011 * MS);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, VERDICT_POSSIBLE, REASON_UNACKED, PHASE_SENT);
	assert_false(f->seen[0].evidence_lost);
	end(f, 1, 0, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 1);
}

static void test_op_record_lost(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 0));
	verdict_tick(f->v, 2010 * MS);
	assert_int_equal(f->n, 1);
	expect_whole(f, 0, 0, 4096, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
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
	assert_int_equal(f->seen[0].answer.verdict, VERDICT_CORRUPT);
	assert_true(f->seen[0].evidence_lost);
}

static void test_loss_weakens_only_what_waits(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_hit(f, hit(1, 2, 0, 4096, 0));
	give_hit(f, hit(1, 3, 0, 4096, 65536));
	verdict_lost(f->v);
	give_hit(f, hit(2, 4, 0, 4096, 65536));
	verdict_sound(f->v);
	give_hit(f, hit(2, 5, 0, 4096, 65536));
	give_op(f, 1, 3);
	give_op(f, 2, 2);
	end(f, 1, 0, 4096, PF_END_ACKED);
	resend(f, 3, 0, 4096);
	end(f, 4, 0, 4096, PF_END_ACKED);
	end(f, 5, 0, 4096, PF_END_ACKED);
	assert_int_equal(f->n, 5);
	expect_whole(f, 0, 0, 4096, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
	assert_false(f->seen[0].evidence_lost);
	expect_whole(f, 1, 0, 4096, VERDICT_POSSIBLE, REASON_EVIDENCE_LOST, PHASE_SENT);
	assert_true(f->seen[1].evidence_lost);
	expect_whole(f, 2, 0, 4096, VERDICT_MIXED, REASON_RESENT, PHASE_RESENT);
	assert_true(f->seen[2].evidence_lost);
	expect_whole(f, 3, 0, 4096, VERDICT_POSSIBLE, REASON_EVIDENCE_LOST, PHASE_SENT);
	expect_whole(f, 4, 0, 4096, VERDICT_NEAR_MISS, REASON_ACKED, PHASE_SENT);
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
	expect_whole(f, 0, 0, 4096, VERDICT_POSSIBLE, REASON_EVIDENCE_LOST, PHASE_SENT);
	assert_true(f->seen[0].evidence_lost);
}

static void test_flush(void **state)
{
	struct fixture *f = *state;

	give_hit(f, hit(1, 1, 0, 4096, 65536));
	give_op(f, 1, 1);
	give_hit(f, hit(2, 1, 4096, 4096, 0));
	assert_int_equal(verdict_flush(f->v), 0);
	assert_int_equal(f->n, 2);
	expect_whole(f, 0, 0, 4096, VERDICT_POSSIBLE, REASON_UNACKED, PHASE_SENT);
	expect_whole(f, 1, 4096, 4096, VERDICT_CORRUPT, REASON_UNSENT, PHASE_QUEUED);
	assert_int_equal(verdict_waiting(f->v), 0);
}

static void test_oldest_goes_when_it_is_full(void **state)
{
	struct fixture *f = *state;

	verdict_free(f->v);
	start(f, 8);
	for (int i = 1; i <= 5; i++) {
		give_hit(f, hit(i, i, 0, 4096, 65536));
		give_op(f, i, 1);
	}
	/* Each is a write and a range: four fit. */
	assert_int_equal(f->n, 1);
	assert_int_equal(verdict_evicted(f->v), 1);
	assert_int_equal(verdict_waiting(f->v), 4);
	assert_int_equal(f->seen[0].op, 1);
	expect_whole(f, 0, 0, 4096, VERDICT_POSSIBLE, REASON_EVICTED, PHASE_SENT);
}

/* Writes of which nothing is in flight any more, and whose op records were lost. */
static void test_empty_writes_do_not_pile_up(void **state)
{
	struct fixture *f = *state;

	verdict_free(f->v);
	start(f, 8);
	for (int i = 1; i <= 100; i++) {
		struct pf_ev_hit h = hit(i, 1, 0, 4096, 0);

		h.before.una += 4096;
		give_hit(f, h);
	}
	assert_int_equal(f->n, 0);
	assert_int_equal(verdict_evicted(f->v), 0);
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

	verdict_free(f->v);
	start(f, 1000000);
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
	assert_int_equal(verdict_waiting(f->v), 0);
	assert_true(seconds() - began < 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unsent_is_reported_with_its_op),
		TEST(test_only_what_both_have),
		TEST(test_pages_in_any_order_become_one_range),
		TEST(test_cut_where_the_answer_changes),
		TEST(test_acked_is_a_near_miss),
		TEST(test_end_before_op),
		TEST(test_resend_of_a_part),
		TEST(test_resend_of_all_settles),
		TEST(test_edges_of_ranges),
		TEST(test_one_incident_per_write_and_connection),
		TEST(test_file_sent_twice),
		TEST(test_the_longest_of_the_strongest_gives_the_reason),
		TEST(test_time_out),
		TEST(test_op_record_lost),
		TEST(test_hit_record_lost),
		TEST(test_loss_weakens_only_what_waits),
		TEST(test_flag_of_a_lossy_connection),
		TEST(test_flush),
		TEST(test_oldest_goes_when_it_is_full),
		TEST(test_empty_writes_do_not_pile_up),
		TEST(test_many),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}

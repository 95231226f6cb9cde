// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What goes into the engine beside good records: broken ones, those it has no
 * use for, counters, and the state in which it lets go of everything.
 */
#include <errno.h>
#include <string.h>

#include "engine.h"

ENGINE_TEST(test_refused_records_weaken)
{
	struct pf_ev_hit broken = HIT(.op = 9, .conn = 9);

	assert_null(pf_engine_refusal(f->engine));
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	broken.len = 0;
	assert_int_equal(pf_engine_feed(f->engine, &broken, sizeof(broken)), -EBADMSG);
	assert_string_equal(pf_engine_refusal(f->engine), "record with an impossible range");
	assert_int_equal(pf_engine_feed(f->engine, &broken, 7), -EBADMSG);
	assert_string_equal(pf_engine_refusal(f->engine), "record shorter than its head");
	assert_int_equal(pf_engine_refused(f->engine), 2);
	give_hit(f, HIT(.op = 2, .off = PAGE, .sent = 64 K));
	pf_engine_caught_up(f->engine);
	give_hit(f, HIT(.op = 3, .off = 8192, .sent = 64 K));
	for (int op = 1; op <= 3; op++)
		give_op(f, op, 1);
	give_end(f, .len = 3 * PAGE, .why = PF_END_ACKED);
	assert_int_equal(f->n, 3);
	expect_incident(f, 0, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
	expect_incident(f, 1, RANGE(PAGE, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
	expect_incident(f, 2, RANGE(8192, PAGE, NEAR_MISS, ACKED, SENT));
	assert_int_equal(f->ranges[0][0].marks, PF_MARK_LOST);
	assert_int_equal(f->ranges[2][0].marks, 0);
}

static void on_sender(void *ctx, const struct pf_ev_sender *ev)
{
	*(__u64 *)ctx += ev->conn;
}

static void no_incident(void *ctx, const struct pf_incident *inc)
{
	(void)inc;
	*(__u64 *)ctx += 1000;
}

/* A record for somebody else passes the gate as well. */
TEST_FN(test_senders_are_passed_on)
{
	__u64 seen = 0;
	struct pf_engine_config cfg = { .on_incident = no_incident, .ctx = &seen };
	struct pf_ev_sender ev = {
		.h = { .type = PF_EV_SENDER, .size = sizeof(ev) }, .conn = 5,
	};
	struct pf_engine *engine;

	assert_int_equal(pf_engine_new(&engine, &cfg), 0);
	assert_int_equal(pf_engine_feed(engine, &ev, sizeof(ev)), 0);
	assert_int_equal(seen, 0);
	pf_engine_free(engine);
	cfg.on_sender = on_sender;
	assert_int_equal(pf_engine_new(&engine, &cfg), 0);
	assert_int_equal(pf_engine_feed(engine, &ev, sizeof(ev)), 0);
	ev.stack_len = sizeof(ev.stack) + 8;
	assert_int_equal(pf_engine_feed(engine, &ev, sizeof(ev)), -EBADMSG);
	assert_int_equal(seen, 5);
	assert_int_equal(pf_engine_refused(engine), 1);
	pf_engine_free(engine);
	pf_engine_free(NULL);
}

/* Only a difference is a loss, and only of what may have told of a copy or a retransmission. */
ENGINE_TEST(test_totals)
{
	struct pf_totals totals = { .missed = 3 };

	totals.stats.count[PF_C_events_lost] = 7;
	pf_engine_totals(f->engine, &totals);
	pf_engine_caught_up(f->engine);
	give_hit(f, HIT(.op = 1, .sent = 64 K));
	totals.stats.count[PF_C_conns_full] = 7;
	totals.stats.count[PF_C_hits] = 100;
	totals.in_flight = 9;
	pf_engine_totals(f->engine, &totals);
	give_hit(f, HIT(.op = 2, .conn = 2, .sent = 64 K));
	give_op(f, 1, 1);
	give_op(f, 2, 1);
	give_end(f, .why = PF_END_ACKED);
	totals.missed++;
	pf_engine_totals(f->engine, &totals);
	give_end(f, .conn = 2, .why = PF_END_ACKED);
	assert_int_equal(f->n, 2);
	expect_incident(f, 0, RANGE(0, PAGE, NEAR_MISS, ACKED, SENT));
	expect_incident(f, 1, RANGE(0, PAGE, POSSIBLE, EVIDENCE_LOST, SENT));
}

/* A range has the marks of all of its bytes, and the evidence of the first. */
ENGINE_TEST(test_marks_of_joined_ranges)
{
	struct pf_ev_hit lossy = HIT(.op = 1, .off = PAGE);
	char text[PF_EVIDENCE_LEN];

	lossy.flags = PF_HIT_LOST;
	give_hit(f, lossy);
	give_hit(f, HIT(.op = 1));
	give_op(f, 1, 2);
	expect_incident(f, 0, RANGE(0, 8192, CORRUPT, UNSENT, QUEUED));
	assert_int_equal(f->ranges[0][0].marks, PF_MARK_LOST);
	assert_string_equal(f->evidence[0], "before: una +0 nxt +0; after: una +0 nxt +0; "
			    "no fingerprints; marks: lost");
	f->ranges[0][0].source = NULL;
	assert_string_equal(pf_range_evidence(&f->ranges[0][0], text, sizeof(text)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(test_refused_records_weaken),
		RUN(test_senders_are_passed_on),
		RUN(test_totals),
		RUN(test_marks_of_joined_ranges),
	};

	return cmocka_run_group_tests_name("engine: input", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The engine under any stream of well-formed records, in any order, as after
 * losses: what it reports is sound in itself, and nothing stays behind.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/test.h"
#include "pageflight.h"

#define EVENTS 200000
#define FLIGHT 1024u
#define FLIGHTS 200u		/* of a connection; sequence numbers wrap among them */
#define FIRST_SEQ ((__u32)-(FLIGHTS * FLIGHT / 2))

static __u64 state_of_random;

static __u32 below(__u32 n)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return (state_of_random >> 32) % n;
}

struct noise {
	struct pf_engine *engine;
	struct pf_totals totals;
	__u64 incidents;
	__u64 of_verdict[PF_VERDICT_MAX];
};

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	struct noise *noise = ctx;
	bool speaks = false;
	__u64 bytes = 0;

	noise->incidents++;
	noise->of_verdict[inc->answer.verdict]++;
	assert_true(inc->n_ranges > 0);
	for (size_t i = 0; i < inc->n_ranges; i++) {
		const struct pf_range *r = &inc->ranges[i];

		assert_true(r->len > 0 && r->file_off + r->len <= FLIGHTS * FLIGHT);
		assert_int_equal(r->file_off, r->stream_off);
		assert_true(r->answer.verdict <= inc->answer.verdict);
		assert_true(r->answer.reason > PF_REASON_NONE && r->answer.reason < PF_REASON_MAX);
		assert_true(r->answer.phase < PF_PHASE_MAX);
		assert_non_null(r->answer.rule);
		speaks |= r->answer.rule == inc->answer.rule &&
			  r->answer.phase == inc->answer.phase;
		assert_true(!i || r->stream_off >= inc->ranges[i - 1].stream_off);
		bytes += r->answer.verdict == inc->answer.verdict ? r->len : 0;
	}
	assert_true(speaks);
	assert_int_equal(bytes, inc->bytes);
	assert_true(inc->stream_len <= FLIGHTS * FLIGHT);
}

static void give(struct noise *noise, const void *record, size_t size)
{
	assert_int_equal(pf_engine_feed(noise->engine, record, size), 0);
}

static struct pf_progress progress(void)
{
	__u32 una = below(FLIGHTS * FLIGHT), nxt = una + below(32 * FLIGHT);

	return (struct pf_progress){
		.una = FIRST_SEQ + una,
		.nxt = FIRST_SEQ + nxt,
		.read = FIRST_SEQ + una + below(nxt - una + 1),
		.in_host = !below(4),
		.resends = below(3),
	};
}

static void give_hit(struct noise *noise, __u64 ts)
{
	static const __u32 flags[] = { 0, PF_HIT_LOCAL, PF_HIT_WIRE };
	__u32 at = below(FLIGHTS) * FLIGHT;
	struct pf_ev_hit h = {
		.h = { .ts = ts, .type = PF_EV_HIT, .size = sizeof(h) },
		.op = below(64),
		.conn = below(4),
		.writer.how = below(PF_WRITE_PUNCH + 1),
		.flags = flags[below(3)] | (below(8) ? 0 : 1u << below(7)),
		.file_off = at,
		.stream_off = at,
		.attached = ts - below(1000),
		.seq = FIRST_SEQ + at,
		.len = FLIGHT,
		.pos = at & ~4095u,
		.count = 4096,
		.before = progress(),
		.fp = below(5),
		.fp_before = below(5),
		.fp_after = below(5),
	};

	if (h.flags & PF_HIT_LOCAL)
		h.flags &= ~PF_HIT_WIRE;
	h.after = h.before;
	h.after.nxt += below(4) ? 0 : FLIGHT;
	h.after.read += below(4) ? 0 : FLIGHT / 2;
	if (below(2)) {
		h.pos = at + below(FLIGHT);
		h.count = below(2 * FLIGHT);
	}
	give(noise, &h, sizeof(h));
}

static void give_op(struct noise *noise, __u64 ts)
{
	static struct pf_ev_op op = { .path = "/file" };

	op.h = (struct pf_event){ .ts = ts, .type = PF_EV_OP, .size = sizeof(op) };
	op.op = below(64);
	op.hits = below(8);
	give(noise, &op, sizeof(op));
}

static void give_range(struct noise *noise, __u64 ts)
{
	static const __u32 types[] = { PF_EV_END, PF_EV_RESEND, PF_EV_SENT };
	struct pf_ev_range r = {
		.h = { .ts = ts, .type = types[below(3)], .size = sizeof(r) },
		.conn = below(4),
		.seq = FIRST_SEQ + below(FLIGHTS * FLIGHT),
		.len = 1 + below(below(20) ? 4 * FLIGHT : 80 * FLIGHT),
		.fp = below(5),
	};

	if (r.h.type == PF_EV_END)
		r.why = 1 + below(PF_END_DROPPED);
	give(noise, &r, sizeof(r));
}

static void lose(struct noise *noise)
{
	noise->totals.stats.count[PF_C_events_lost]++;
	pf_engine_totals(noise->engine, &noise->totals);
}

static void play(struct noise *noise, __u64 seed, size_t max_waiting)
{
	const struct pf_engine_config cfg = {
		.settle_ns = 5000, .max_waiting = max_waiting,
		.on_incident = on_incident, .ctx = noise,
	};

	*noise = (struct noise){ 0 };
	state_of_random = seed * 0x9e3779b97f4a7c15ull;
	assert_int_equal(pf_engine_new(&noise->engine, &cfg), 0);
	for (__u64 ts = 1000; ts < 1000 + EVENTS; ts++) {
		__u32 what = below(100);

		if (what < 45)
			give_hit(noise, ts);
		else if (what < 70)
			give_op(noise, ts);
		else if (what < 95)
			give_range(noise, ts);
		else if (what < 97)
			assert_int_equal(pf_engine_tick(noise->engine, ts), 0);
		else if (what < 98)
			lose(noise);
		else
			pf_engine_caught_up(noise->engine);
	}
	assert_int_equal(pf_engine_flush(noise->engine), 0);
	assert_int_equal(pf_engine_waiting(noise->engine), 0);
}

TEST_FN(test_noise)
{
	struct noise noise;

	for (__u64 seed = 1; seed <= 3; seed++) {
		play(&noise, seed, 0);
		assert_int_equal(pf_engine_evicted(noise.engine), 0);
		for (int i = 0; i < PF_VERDICT_MAX; i++)
			assert_true(noise.of_verdict[i] > 100);
		pf_engine_free(noise.engine);
	}
}

TEST_FN(test_noise_without_room)
{
	struct noise noise;

	play(&noise, 4, 100);
	assert_true(pf_engine_evicted(noise.engine) > 100);
	assert_true(noise.incidents > 1000);
	pf_engine_free(noise.engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_noise_without_room),
	};

	return cmocka_run_group_tests_name("engine: noise", tests, NULL, NULL);
}

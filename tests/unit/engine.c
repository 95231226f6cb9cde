// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * engine.c - events by the parameter that matters, and what is expected of the
 * answer in one line.
 */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	struct fixture *f = ctx;
	size_t at = f->n++;

	if (at >= MAX_SEEN)
		return;
	assert_true(inc->n_ranges <= MAX_RANGES);
	f->seen[at] = *inc;
	pf_range_evidence(inc->ranges, f->evidence[at], PF_EVIDENCE_LEN);
	memcpy(f->ranges[at], inc->ranges, inc->n_ranges * sizeof(*inc->ranges));
}

static void start(struct fixture *f, size_t max_waiting)
{
	const struct pf_engine_config cfg = {
		.max_waiting = max_waiting, .on_incident = on_incident, .ctx = f,
	};

	f->n = 0;
	f->totals = (struct pf_totals){ 0 };
	assert_int_equal(pf_engine_new(&f->engine, &cfg), 0);
}

int engine_set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	start(f, 0);
	*state = f;
	return 0;
}

int engine_tear_down(void **state)
{
	struct fixture *f = *state;

	pf_engine_free(f->engine);
	free(f);
	return 0;
}

void engine_restart(struct fixture *f, size_t max_waiting)
{
	pf_engine_free(f->engine);
	start(f, max_waiting);
}

struct pf_ev_hit hit(__u64 op, __u64 conn, __u64 off, __u32 len, __u32 sent)
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

void give_hit(struct fixture *f, struct pf_ev_hit hit)
{
	assert_int_equal(pf_engine_feed(f->engine, &hit, sizeof(hit)), 0);
}

void lose(struct fixture *f)
{
	f->totals.stats.count[PF_C_events_lost]++;
	pf_engine_totals(f->engine, &f->totals);
}

void give_op(struct fixture *f, __u64 op, __u32 hits)
{
	struct pf_ev_op ev = {
		.h = { .ts = 11 * MS, .type = PF_EV_OP, .size = sizeof(ev) },
		.op = op,
		.hits = hits,
		.path = "/file",
	};

	assert_int_equal(pf_engine_feed(f->engine, &ev, sizeof(ev)), 0);
}

struct pf_ev_hit changed(__u64 op, __u64 conn, __u64 off, __u32 len, __u32 sent,
			 __u64 before, __u64 after)
{
	struct pf_ev_hit h = hit(op, conn, off, len, sent);

	h.fp = TOOK;
	h.fp_before = before;
	h.fp_after = after;
	return h;
}

struct pf_ev_hit part(struct pf_ev_hit hit, __u64 pos, __u64 count)
{
	hit.pos = pos;
	hit.count = count;
	return hit;
}

struct pf_ev_hit carried(struct pf_ev_hit hit, __u32 before, __u32 after)
{
	hit.flags |= PF_HIT_WIRE;
	hit.before.read = SEQ + before;
	hit.after.read = SEQ + after;
	return hit;
}

struct pf_ev_hit readable(struct pf_ev_hit hit, __u32 before, __u32 after)
{
	hit.flags |= PF_HIT_LOCAL;
	hit.before.read = SEQ + before;
	hit.after.read = SEQ + after;
	return hit;
}

struct pf_ev_hit found(struct pf_ev_hit hit)
{
	hit.writer = (struct pf_task){ .how = PF_WRITE_UNKNOWN };
	hit.pos = hit.file_off;
	hit.count = hit.len;
	return hit;
}

struct pf_ev_hit fault(__u64 op, __u64 conn, __u64 off, __u32 len, __u32 sent)
{
	struct pf_ev_hit h = changed(op, conn, off, len, sent, TOOK, TOOK);

	h.writer.how = PF_WRITE_MMAP;
	h.pos = off & ~4095ull;
	h.count = 4096;
	return h;
}

static void give_fp(struct fixture *f, __u32 type, __u64 conn, __u32 seq, __u32 len, __u32 why,
		    __u64 fp)
{
	static __u64 ts = 20 * MS;
	struct pf_ev_range ev = {
		.h = { .ts = ts++, .type = type, .size = sizeof(ev) },
		.conn = conn,
		.seq = seq,
		.len = len,
		.why = why,
		.fp = fp,
	};

	assert_int_equal(pf_engine_feed(f->engine, &ev, sizeof(ev)), 0);
}

void give_range(struct fixture *f, __u32 type, __u64 conn, __u32 seq, __u32 len, __u32 why)
{
	give_fp(f, type, conn, seq, len, why, 0);
}

void sent(struct fixture *f, __u64 conn, __u32 off, __u32 len, __u64 fp)
{
	give_fp(f, PF_EV_SENT, conn, SEQ + off, len, 0, fp);
}

void end_as(struct fixture *f, __u64 conn, __u32 off, __u32 len, __u32 why, __u64 fp)
{
	give_fp(f, PF_EV_END, conn, SEQ + off, len, why, fp);
}

void resend(struct fixture *f, __u64 conn, __u32 off, __u32 len)
{
	give_range(f, PF_EV_RESEND, conn, SEQ + off, len, 0);
}

void end(struct fixture *f, __u64 conn, __u32 off, __u32 len, __u32 why)
{
	give_range(f, PF_EV_END, conn, SEQ + off, len, why);
}

void check_range(const struct fixture *f, size_t i, size_t k, __u64 off, __u64 len,
		 enum pf_verdict verdict, enum pf_reason reason, enum pf_phase phase)
{
	const struct pf_range *r = &f->ranges[i][k];

	assert_true(i < f->n && k < f->seen[i].n_ranges);
	assert_int_equal(r->file_off, off);
	assert_int_equal(r->stream_off, STREAM + off);
	assert_int_equal(r->len, len);
	assert_int_equal(r->answer.verdict, verdict);
	assert_int_equal(r->answer.reason, reason);
	assert_int_equal(r->answer.phase, phase);
}

void check_whole(const struct fixture *f, size_t i, __u64 off, __u64 len,
		 enum pf_verdict verdict, enum pf_reason reason, enum pf_phase phase)
{
	assert_int_equal(f->seen[i].n_ranges, 1);
	check_range(f, i, 0, off, len, verdict, reason, phase);
	assert_int_equal(f->seen[i].answer.verdict, verdict);
	assert_int_equal(f->seen[i].bytes, len);
	assert_int_equal(f->seen[i].file_off, off);
	assert_int_equal(f->seen[i].file_len, len);
	assert_int_equal(f->seen[i].stream_off, STREAM + off);
	assert_int_equal(f->seen[i].stream_len, len);
}

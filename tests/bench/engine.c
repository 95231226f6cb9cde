// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * engine - how many incidents a second user space takes, and whether each is
 * counted: records as the kernel side sends them go through the
 * engine, with and without a line of JSON for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "output/sink.h"
#include "pageflight.h"

#define GOAL 100000	/* incidents a second */
#define INCIDENTS 500000u
#define CONNS 1000u	/* of a write that is wide */
#define LEN 4096u

struct run {
	struct pf_engine *engine;
	struct sink *sink;	/* or NULL */
	uint64_t incidents[PF_VERDICT_MAX];
	uint64_t bytes;
	uint64_t ts;
};

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	const struct shown shown = { .inc = inc };
	struct run *r = ctx;

	r->incidents[inc->answer.verdict]++;
	r->bytes += inc->bytes;
	if (r->sink)
		must(!r->sink->ops->incident(r->sink, &shown), "sink");
}

static void give(struct run *r, struct pf_event *h, __u32 type, __u32 size)
{
	h->type = type;
	h->size = size;
	h->ts = ++r->ts;
	must(!pf_engine_feed(r->engine, h, size), "pf_engine_feed");
}

static void give_hit(struct run *r, __u64 op, __u64 conn, __u32 sent)
{
	static struct pf_ev_hit hit = {
		.writer = { .pid = 7, .tid = 7, .how = PF_WRITE_WRITE, .comm = "writer" },
		.sender = { .pid = 9, .tid = 9, .how = PF_SEND_SENDFILE, .comm = "sender" },
		.count = LEN, .len = LEN, .seq = 1000,
	};

	hit.op = op;
	hit.conn = conn;
	hit.before.una = hit.after.una = hit.seq;
	hit.before.nxt = hit.after.nxt = hit.seq + sent;
	give(r, &hit.h, PF_EV_HIT, sizeof(hit));
}

static void give_op(struct run *r, __u64 id, __u32 hits)
{
	static struct pf_ev_op op = {
		.writer = { .pid = 7, .tid = 7, .how = PF_WRITE_WRITE, .comm = "writer" },
		.count = LEN, .path = "/srv/www/image.iso",
	};

	op.op = id;
	op.hits = hits;
	give(r, &op.h, PF_EV_OP, sizeof(op));
}

static void give_end(struct run *r, __u64 conn)
{
	static struct pf_ev_range range = { .seq = 1000, .len = LEN, .why = PF_END_ACKED };

	range.conn = conn;
	give(r, &range.h, PF_EV_END, sizeof(range));
}

/* One page on one connection, before it was transmitted. */
static void narrow(struct run *r)
{
	for (__u64 i = 1; i <= INCIDENTS; i++) {
		give_hit(r, i, i, 0);
		give_op(r, i, 1);
	}
}

/* One page on a thousand connections. */
static void wide(struct run *r)
{
	for (__u64 op = 1; op <= INCIDENTS / CONNS; op++) {
		for (__u64 conn = 1; conn <= CONNS; conn++)
			give_hit(r, op, conn, 0);
		give_op(r, op, CONNS);
	}
}

/* Transmitted before: each waits for the end of its flight, a thousand at a time. */
static void waiting(struct run *r)
{
	for (__u64 op = 1; op <= INCIDENTS / CONNS; op++) {
		for (__u64 conn = 1; conn <= CONNS; conn++)
			give_hit(r, op, conn, LEN);
		give_op(r, op, CONNS);
		for (__u64 conn = 1; conn <= CONNS; conn++)
			give_end(r, conn);
	}
}

static bool measure(const char *name, void (*load)(struct run *), enum pf_verdict expected,
		    struct sink *sink)
{
	struct run r = { .sink = sink };
	const struct pf_engine_config cfg = { .on_incident = on_incident, .ctx = &r };
	uint64_t began, wall;
	bool exact;

	must(!pf_engine_new(&r.engine, &cfg), "pf_engine_new");
	began = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	wall = now_ns(CLOCK_MONOTONIC);
	load(&r);
	must(!pf_engine_flush(r.engine), "pf_engine_flush");
	wall = now_ns(CLOCK_MONOTONIC) - wall;
	began = now_ns(CLOCK_PROCESS_CPUTIME_ID) - began;
	exact = r.incidents[expected] == INCIDENTS && r.bytes == (uint64_t)INCIDENTS * LEN &&
		!pf_engine_evicted(r.engine);
	printf("  %-46s %9.0f /s  %6.2f us of CPU each  %u %s\n", name, INCIDENTS * 1e9 / wall,
	       began / 1e3 / INCIDENTS, INCIDENTS, exact ? "all counted" : "NOT ALL COUNTED");
	pf_engine_free(r.engine);
	return exact && INCIDENTS * 1e9 / wall >= GOAL;
}

int main(void)
{
	struct sink json = { .ops = &sink_json, .out = fopen("/dev/null", "we") };
	bool met = true;

	must(json.out, "/dev/null");
	puts("incidents through the engine, on this host");
	met &= measure("one connection a write", narrow, PF_VERDICT_CORRUPT, NULL);
	met &= measure("1,000 connections a write", wide, PF_VERDICT_CORRUPT, NULL);
	met &= measure("1,000 that wait for their ACK", waiting, PF_VERDICT_NEAR_MISS, NULL);
	met &= measure("one connection a write, a line of JSON each", narrow, PF_VERDICT_CORRUPT,
		       &json);
	printf("goal  %-56s at least %d /s, none lost  %s\n", "incidents aggregated", GOAL,
	       met ? "met" : "not met");
	fclose(json.out);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Any records, in any order, with counters, time and an end between them, into
 * the engine through its interface. Every incident is about bytes that a record
 * named, has verdicts of known rules, and adds up; the same input gives the same
 * incidents; nothing is left at the end.
 *
 * The input is a list of steps, each an enum step and what it needs. A record is
 * either given byte by byte, or made of a few small numbers, so that records meet.
 */
#include <errno.h>
#include <string.h>

#include "engine/rules.h"
#include "fuzz.h"
#include "pageflight.h"

#define STEPS 1024
#define START 4294963200u	/* sequence numbers wrap a page later */

enum step {
	STEP_RAW, STEP_HIT, STEP_OP, STEP_RANGE, STEP_TOTALS, STEP_CAUGHT_UP, STEP_TICK, STEP_END,
	STEP_MAX
};

struct world {
	struct pf_engine *engine;
	struct pf_ev_hit hits[STEPS];	/* those that were taken */
	unsigned int n_hits;
	struct pf_totals totals;
	uint64_t now, ended;
	uint64_t refused, incidents;
	uint64_t sum;			/* of all that was reported */
};

#define RULE_ROW(id, verdict, reason, text) { PF_VERDICT_##verdict, PF_REASON_##reason, 0, text },
static const struct pf_answer rules[] = { RULES(RULE_ROW) };

static void check_answer(const struct pf_answer *answer)
{
	bool known = false;

	CHECK(answer->phase < PF_PHASE_MAX && answer->rule);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && !known; i++)
		known = !strcmp(rules[i].rule, answer->rule) &&
			rules[i].verdict == answer->verdict && rules[i].reason == answer->reason;
	CHECK(known);
}

/* How many bytes from this one of the range on are bytes of the hit and of its write. */
static uint64_t covered(const struct pf_ev_hit *hit, uint64_t file_off, uint64_t stream_off)
{
	uint64_t in_hit = stream_off - hit->stream_off;
	uint64_t in_write = file_off - hit->pos;

	if (in_hit >= hit->len || file_off - hit->file_off != in_hit ||
	    file_off < hit->pos || in_write >= hit->count)
		return 0;
	return hit->len - in_hit < hit->count - in_write ? hit->len - in_hit : hit->count - in_write;
}

/* Every byte of the range was named by a hit of this write on this connection. */
static void check_range(const struct world *w, const struct pf_incident *inc,
			const struct pf_range *range)
{
	uint64_t at = 0;

	CHECK(range->len && range->len <= (uint64_t)STEPS * PF_FLIGHT_MAX);
	CHECK(!(range->marks >> PF_MARKS));
	check_answer(&range->answer);
	while (at < range->len) {
		uint64_t most = 0;

		for (unsigned int i = 0; i < w->n_hits; i++) {
			const struct pf_ev_hit *hit = &w->hits[i];
			uint64_t n = hit->op == inc->op && hit->conn == inc->conn ?
				     covered(hit, range->file_off + at, range->stream_off + at) : 0;

			most = n > most ? n : most;
		}
		CHECK(most);
		at += most;
	}
}

static void add_up(struct world *w, const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		w->sum = (w->sum ^ ((const uint8_t *)data)[i]) * 0x100000001b3;
}

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	struct world *w = ctx;
	char text[PF_EVIDENCE_LEN];
	uint64_t bytes = 0;
	bool strongest = false;

	CHECK(inc->n_ranges);
	for (size_t i = 0; i < inc->n_ranges; i++) {
		const struct pf_range *range = &inc->ranges[i];

		check_range(w, inc, range);
		CHECK(!i || range[-1].stream_off <= range->stream_off);
		CHECK(range->answer.verdict <= inc->answer.verdict);
		strongest |= !memcmp(&range->answer, &inc->answer, sizeof(inc->answer));
		if (range->answer.verdict == inc->answer.verdict)
			bytes += range->len;
		CHECK(strlen(pf_range_evidence(range, text, sizeof(text))) < sizeof(text));
		add_up(w, &range->file_off, sizeof(range->file_off));
		add_up(w, &range->len, sizeof(range->len));
		add_up(w, &range->answer, sizeof(range->answer));
	}
	CHECK(strongest && bytes == inc->bytes);
	CHECK(memchr(inc->writer.comm, 0, PF_COMM_LEN) && memchr(inc->sender.comm, 0, PF_COMM_LEN));
	if (inc->op_rec) {
		const char *path = pf_op_path(inc->op_rec);

		CHECK(inc->op_rec->op == inc->op && inc->ts == inc->op_rec->h.ts);
		CHECK(*path == '/' || (!*path && inc->op_rec->flags & PF_OP_NO_PATH));
	} else {
		CHECK(inc->evidence_lost);
	}
	w->incidents++;
	add_up(w, &inc->op, sizeof(inc->op));
	add_up(w, &inc->ts, sizeof(inc->ts));
}

/* Whether a hit may still become an incident: not a write that a hook saw, after the end. */
static bool counts(const struct world *w, const struct pf_ev_hit *hit)
{
	return !w->ended || hit->h.ts <= w->ended || hit->writer.how == PF_WRITE_UNKNOWN;
}

static void feed(struct world *w, const void *record, size_t size)
{
	const struct pf_event *ev = pf_record_check(record, size);
	int err;

	if (ev && ev->type == PF_EV_HIT && counts(w, record) && w->n_hits < STEPS)
		memcpy(&w->hits[w->n_hits++], record, sizeof(w->hits[0]));
	err = pf_engine_feed(w->engine, record, size);
	CHECK(err == (ev ? 0 : -EBADMSG));
	w->refused += !ev;
	CHECK(!w->refused == !pf_engine_refusal(w->engine));
}

static void feed_raw(struct world *w, struct input *in)
{
	static const size_t sizes[] = {
		0, sizeof(struct pf_ev_hit), sizeof(struct pf_ev_op), sizeof(struct pf_ev_range),
		sizeof(struct pf_ev_range), sizeof(struct pf_ev_range), sizeof(struct pf_ev_sender),
	};
	union {
		struct pf_event h;
		uint8_t bytes[sizeof(struct pf_ev_op)];
	} record;
	unsigned int type = take(in, 1) % 7;
	size_t size = sizes[type] ?: take(in, 2) % sizeof(record);

	take_bytes(in, &record, size);
	if (type)
		record.h.size = size;
	feed(w, &record, size);
}

static struct pf_progress take_progress(struct input *in)
{
	return (struct pf_progress){
		.una = START + take(in, 1) * 1024, .nxt = START + take(in, 1) * 1024,
		.read = START + take(in, 1) * 1024, .in_host = take(in, 1), .resends = take(in, 1),
	};
}

static void feed_hit(struct world *w, struct input *in)
{
	uint64_t page = take(in, 1) % 16, at = take(in, 1) * 16;
	struct pf_ev_hit hit = {
		.h = { .ts = w->now++, .type = PF_EV_HIT, .size = sizeof(hit) },
		.op = take(in, 1) % 4, .conn = take(in, 1) % 4,
		.writer = { .pid = 7, .how = take(in, 1) % (PF_WRITE_PUNCH + 1), .comm = "writer" },
		.flags = take(in, 1) & 63,
		.ino = 1, .pos = page * 4096 + at, .count = 1 + take(in, 2),
		.file_off = page * 4096, .stream_off = page * 4096,
		.seq = START + page * 4096, .len = 1 + take(in, 2) % 4096,
		.before = take_progress(in), .after = take_progress(in),
		.fp = take(in, 1) % 4, .fp_before = take(in, 1) % 4, .fp_after = take(in, 1) % 4,
	};

	hit.diff_from = take(in, 2) % (hit.len + 1);
	hit.diff_to = hit.diff_from + take(in, 2) % (hit.len + 1 - hit.diff_from);
	feed(w, &hit, sizeof(hit));
}

static void feed_op(struct world *w, struct input *in)
{
	struct pf_ev_op op = {
		.h = { .ts = w->now++, .type = PF_EV_OP, .size = sizeof(op) },
		.op = take(in, 1) % 4, .hits = take(in, 1) % 4, .path = "/file",
	};

	feed(w, &op, sizeof(op));
}

static void feed_range(struct world *w, struct input *in)
{
	struct pf_ev_range range = {
		.h = { .ts = w->now++, .type = PF_EV_END + take(in, 1) % 3,
		       .size = sizeof(range) },
		.conn = take(in, 1) % 4, .seq = START + take(in, 1) * 1024,
		.len = 1 + take(in, 3), .fp = take(in, 1) % 4,
	};
	unsigned int why = take(in, 1);

	if (range.h.type == PF_EV_END)
		range.why = PF_END_ACKED + why % PF_END_DROPPED;
	feed(w, &range, sizeof(range));
}

static void step(struct world *w, struct input *in)
{
	switch ((enum step)(take(in, 1) % STEP_MAX)) {
	case STEP_RAW:
		feed_raw(w, in);
		break;
	case STEP_HIT:
		feed_hit(w, in);
		break;
	case STEP_OP:
		feed_op(w, in);
		break;
	case STEP_RANGE:
		feed_range(w, in);
		break;
	case STEP_TOTALS:
		w->totals.stats.count[take(in, 1) % PF_C_MAX] += take(in, 1);
		w->totals.missed += take(in, 1);
		pf_engine_totals(w->engine, &w->totals);
		break;
	case STEP_CAUGHT_UP:
		pf_engine_caught_up(w->engine);
		break;
	case STEP_TICK:
		w->now += take(in, 2) << 20;
		CHECK(!pf_engine_tick(w->engine, w->now));
		break;
	case STEP_END:
		if (!w->ended)
			w->ended = ++w->now;
		pf_engine_end(w->engine, w->ended);
		break;
	case STEP_MAX:
		break;
	}
}

static void run(struct world *w, struct input in)
{
	const struct pf_engine_config cfg = {
		.settle_ns = take(&in, 1) << 20, .max_waiting = take(&in, 1),
		.on_incident = on_incident, .ctx = w,
	};
	uint64_t reported;

	w->n_hits = w->refused = w->incidents = w->sum = w->ended = 0;
	w->totals = (struct pf_totals){ 0 };
	w->now = 1;
	CHECK(!pf_engine_new(&w->engine, &cfg));
	for (int i = 0; in.left && i < STEPS; i++)
		step(w, &in);
	CHECK(!pf_engine_flush(w->engine));
	CHECK(!pf_engine_waiting(w->engine));
	CHECK(pf_engine_refused(w->engine) == w->refused);
	CHECK(pf_engine_evicted(w->engine) <= w->incidents);
	reported = w->incidents;
	CHECK(!pf_engine_flush(w->engine) && !pf_engine_tick(w->engine, UINT64_MAX));
	CHECK(reported == w->incidents);
	pf_engine_free(w->engine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct input in = { data, size };
	static struct world first, second;

	run(&first, in);
	if (size % 8)	/* an engine is large: for most inputs one is enough */
		return 0;
	run(&second, in);
	CHECK(first.sum == second.sum && first.incidents == second.incidents);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* engine.c - see engine.h. */
#include "engine.h"

#include <stdio.h>
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

struct pf_ev_hit engine_hit(const struct hit_args *args)
{
	const struct up_to *read = args->copied.known ? &args->copied : &args->read;
	struct pf_progress at = { .una = SEQ, .nxt = SEQ + args->sent };
	struct pf_ev_hit hit = {
		.h = { .ts = 10 * MS, .type = PF_EV_HIT, .size = sizeof(hit) },
		.op = args->op,
		.conn = args->conn ?: 1,
		.writer = { .pid = 7, .tid = 8, .how = PF_WRITE_WRITE, .comm = "writer" },
		.sender = { .pid = 9, .comm = "sender" },
		.pos = args->pos,
		.count = args->count ?: 1 << 30,
		.file_off = args->off,
		.stream_off = STREAM + args->off,
		.attached = 4 * MS,
		.seq = SEQ + args->off,
		.len = args->len ?: PAGE,
		.before = at,
		.after = at,
		.fp = args->was ? TOOK : 0,
		.fp_before = args->was,
		.fp_after = args->is,
	};

	if (read->known) {
		hit.flags = args->copied.known ? PF_HIT_WIRE : PF_HIT_LOCAL | PF_HIT_HERE;
		hit.before.read = SEQ + read->before;
		hit.after.read = SEQ + read->after;
	}
	return hit;
}

struct pf_ev_hit engine_fault(const struct hit_args *args)
{
	struct pf_ev_hit hit = engine_hit(args);

	hit.writer.how = PF_WRITE_MMAP;
	hit.pos = hit.file_off & ~(__u64)(PAGE - 1);
	hit.count = PAGE;
	hit.fp = hit.fp_before = hit.fp_after = TOOK;
	return hit;
}

struct pf_ev_hit engine_found(const struct hit_args *args)
{
	struct pf_ev_hit hit = engine_hit(args);

	hit.writer = (struct pf_task){ .how = PF_WRITE_UNKNOWN };
	hit.pos = hit.file_off;
	hit.count = hit.len;
	return hit;
}

void give_hit(struct fixture *f, struct pf_ev_hit hit)
{
	assert_int_equal(pf_engine_feed(f->engine, &hit, sizeof(hit)), 0);
}

void give_op(struct fixture *f, __u64 op, __u32 hits)
{
	struct pf_ev_op ev = {
		.h = { .ts = 11 * MS, .type = PF_EV_OP, .size = sizeof(ev) },
		.op = op,
		.began = 9 * MS,
		.writer.flags = PF_TASK_WHO,
		.who = { .uid = 1001, .exe = "dd" },
		.hits = hits,
		.path = "/file",
	};

	assert_int_equal(pf_engine_feed(f->engine, &ev, sizeof(ev)), 0);
}

void engine_range(struct fixture *f, __u32 type, const struct range_args *args)
{
	static __u64 ts = 20 * MS;
	struct pf_ev_range ev = {
		.h = { .ts = ts++, .type = type, .size = sizeof(ev) },
		.conn = args->conn ?: 1,
		.seq = args->seq ?: SEQ + args->off,
		.len = args->len ?: PAGE,
		.why = args->why,
		.fp = args->fp,
	};

	assert_int_equal(pf_engine_feed(f->engine, &ev, sizeof(ev)), 0);
}

void give_loss(struct fixture *f)
{
	f->totals.stats.count[PF_C_events_lost]++;
	pf_engine_totals(f->engine, &f->totals);
}

/* What is compared of an incident. The strongest verdict of its ranges speaks for it. */
struct whole {
	enum pf_verdict verdict;
	__u64 bytes, off, end;
};

static struct whole whole_of(const struct expected_range *ranges, size_t n)
{
	struct whole w = { .off = (__u64)-1 };

	for (size_t i = 0; i < n; i++)
		if (ranges[i].verdict > w.verdict)
			w.verdict = ranges[i].verdict;
	for (size_t i = 0; i < n; i++) {
		const struct expected_range *r = &ranges[i];

		if (r->verdict != w.verdict)
			continue;
		w.bytes += r->len;
		w.off = r->off < w.off ? r->off : w.off;
		w.end = r->off + r->len > w.end ? r->off + r->len : w.end;
	}
	return w;
}

static void print_whole(FILE *to, enum pf_verdict verdict, __u64 bytes, __u64 file_off,
			__u64 file_len, __u64 stream_off, __u64 stream_len)
{
	fprintf(to, "  %s, %llu bytes; file %llu+%llu, stream %llu+%llu\n",
		pf_verdict_name(verdict), bytes, file_off, file_len, stream_off, stream_len);
}

static void print_range(FILE *to, __u64 file_off, __u64 stream_off, __u64 len,
			enum pf_verdict verdict, enum pf_reason reason, enum pf_phase phase)
{
	fprintf(to, "    file %llu+%llu, stream %llu: %s %s %s\n", file_off, len, stream_off,
		pf_verdict_name(verdict), pf_reason_name(reason), pf_phase_name(phase));
}

static void print_expected(FILE *to, const struct expected_range *ranges, size_t n)
{
	struct whole w = whole_of(ranges, n);

	print_whole(to, w.verdict, w.bytes, w.off, w.end - w.off, STREAM + w.off, w.end - w.off);
	for (const struct expected_range *r = ranges; r < ranges + n; r++)
		print_range(to, r->off, STREAM + r->off, r->len, r->verdict, r->reason, r->phase);
}

static void print_seen(FILE *to, const struct pf_incident *inc,
		       const struct pf_range *ranges)
{
	print_whole(to, inc->answer.verdict, inc->bytes, inc->file_off, inc->file_len,
		    inc->stream_off, inc->stream_len);
	for (const struct pf_range *r = ranges; r < ranges + inc->n_ranges; r++)
		print_range(to, r->file_off, r->stream_off, r->len, r->answer.verdict,
			    r->answer.reason, r->answer.phase);
}

static bool is_same(const struct pf_answer *a, const struct pf_answer *b)
{
	return a->verdict == b->verdict && a->reason == b->reason && a->phase == b->phase &&
	       a->rule == b->rule;
}

/* Has one of its ranges the answer of the whole? */
static bool speaks(const struct pf_incident *inc, const struct pf_range *ranges)
{
	for (size_t i = 0; i < inc->n_ranges; i++)
		if (is_same(&ranges[i].answer, &inc->answer))
			return true;
	return false;
}

void engine_expect(const struct fixture *f, size_t i, const struct expected_range *ranges,
		   size_t n, const char *file, int line)
{
	char *is = NULL, *should = NULL;
	size_t size;
	bool same;
	FILE *to;

	_assert_true(i < f->n, "the incident is there", file, line);
	to = open_memstream(&should, &size);
	print_expected(to, ranges, n);
	fclose(to);
	to = open_memstream(&is, &size);
	print_seen(to, &f->seen[i], f->ranges[i]);
	fclose(to);
	same = !strcmp(is, should);
	if (!same)
		print_error("incident %zu is\n%sand should be\n%s", i, is, should);
	free(is);
	free(should);
	if (!same)
		_fail(file, line);
	_assert_true(speaks(&f->seen[i], f->ranges[i]), "a range has the answer of the whole",
		     file, line);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * compose.c - the spans are ordered by their place in the stream, and neighbours
 * with one answer become one range. The strongest answer speaks for the incident.
 * Bytes with a weaker answer are listed but not counted: harmless bytes must not
 * make a small corruption look large.
 */
#include "compose.h"

#include <errno.h>
#include <stdlib.h>

#include "rules.h"

static int reserve(struct compose *c, size_t n)
{
	struct pf_range *ranges;
	const struct span **order;

	if (n <= c->room)
		return 0;
	ranges = reallocarray(c->ranges, n, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	c->ranges = ranges;
	order = reallocarray(c->order, n, sizeof(*order));
	if (!order)
		return -ENOMEM;
	c->order = order;
	c->room = n;
	return 0;
}

static int by_stream(const void *a, const void *b)
{
	const struct span *x = *(const struct span *const *)a;
	const struct span *y = *(const struct span *const *)b;

	return (x->stream_off > y->stream_off) - (x->stream_off < y->stream_off);
}

/*
 * Bytes with another rule are a range of their own, even if verdict and reason are
 * the same: a joined range would give some of its bytes the wrong explanation. What
 * reads ranges by verdict has more of them to read, and the same bytes in all.
 */
static bool continues(const struct pf_range *range, const struct span *span)
{
	return range->file_off + range->len == span->file_off &&
	       range->stream_off + range->len == span->stream_off &&
	       answer_equal(&range->answer, &span->answer);
}

static size_t join(struct compose *c, size_t n)
{
	size_t last = 0;

	for (size_t i = 0; i < n; i++) {
		const struct span *span = c->order[i];

		if (i && continues(&c->ranges[last], span)) {
			c->ranges[last].len += span->len;
			c->ranges[last].marks |= span->ev.marks;
			continue;
		}
		last += i > 0;
		c->ranges[last] = (struct pf_range){
			.file_off = span->file_off,
			.stream_off = span->stream_off,
			.len = span->len,
			.answer = span->answer,
			.marks = span->ev.marks,
			.source = span,
		};
	}
	return n ? last + 1 : 0;
}

/* Do the ranges lie together, and differ in their rules at most? */
static bool akin(const struct pf_range *a, const struct pf_range *b)
{
	return a->file_off + a->len == b->file_off && a->stream_off + a->len == b->stream_off &&
	       a->answer.verdict == b->answer.verdict && a->answer.reason == b->answer.reason &&
	       a->answer.phase == b->answer.phase;
}

/*
 * The strongest answer, and among equal verdicts that of the longest range. Ranges
 * that are akin count as one: how finely rules are told apart must not decide which
 * reason speaks. The rule that speaks is that of the longest among them.
 */
static struct pf_answer strongest(const struct pf_range *ranges, size_t n)
{
	const struct pf_range *best = NULL;
	__u64 best_len = 0;

	for (size_t i = 0; i < n;) {
		const struct pf_range *longest = &ranges[i];
		__u64 len = ranges[i].len;

		while (++i < n && akin(&ranges[i - 1], &ranges[i])) {
			len += ranges[i].len;
			if (ranges[i].len > longest->len)
				longest = &ranges[i];
		}
		if (!best || longest->answer.verdict > best->answer.verdict ||
		    (longest->answer.verdict == best->answer.verdict && len > best_len)) {
			best = longest;
			best_len = len;
		}
	}
	return best->answer;
}

static void measure(struct pf_incident *inc)
{
	__u64 file_from = (__u64)-1, file_to = 0, stream_from = (__u64)-1, stream_to = 0;

	for (size_t i = 0; i < inc->n_ranges; i++) {
		const struct pf_range *r = &inc->ranges[i];

		if (r->answer.verdict != inc->answer.verdict)
			continue;
		inc->bytes += r->len;
		if (r->file_off < file_from)
			file_from = r->file_off;
		if (r->file_off + r->len > file_to)
			file_to = r->file_off + r->len;
		if (r->stream_off < stream_from)
			stream_from = r->stream_off;
		if (r->stream_off + r->len > stream_to)
			stream_to = r->stream_off + r->len;
	}
	inc->file_off = file_from;
	inc->file_len = file_to - file_from;
	inc->stream_off = stream_from;
	inc->stream_len = stream_to - stream_from;
}

/*
 * Who wrote is in the record of the write. Of a change that nobody saw, the sender alone can be
 * the writer, whom the hit tells of.
 */
static void introduce(const struct draft *draft, struct pf_incident *inc)
{
	const struct pf_ev_op *op = draft->op->rec;

	inc->sender_who = draft->first.who;
	if (inc->writer.how == PF_WRITE_UNKNOWN)
		inc->writer_who = draft->first.who;
	else if (draft->op->done && op->writer.flags & PF_TASK_WHO) {
		inc->writer.flags |= PF_TASK_WHO;
		inc->writer_who = op->who;
	}
}

/* When a write began that was seen to begin. */
static __u64 began_of(const struct draft *draft)
{
	if (!draft->op->done || draft->first.writer.how == PF_WRITE_UNKNOWN)
		return 0;
	return draft->op->rec->began;
}

/* When the socket took the bytes that the incident is about, and when their flights ended. */
static void date(const struct compose *c, size_t n, struct pf_incident *inc)
{
	bool all_ended = true;

	inc->attached_first = (__u64)-1;
	for (size_t i = 0; i < n; i++) {
		const struct span *span = c->order[i];

		if (span->answer.verdict != inc->answer.verdict)
			continue;
		if (span->attached < inc->attached_first)
			inc->attached_first = span->attached;
		if (span->attached_last > inc->attached_last)
			inc->attached_last = span->attached_last;
		all_ended &= span->ev.ended != 0;
		if (span->ev.ended > inc->ended) {
			inc->ended = span->ev.ended;
			inc->end = span->ev.end;
		}
	}
	if (!all_ended)
		inc->ended = inc->end = 0;
	inc->age_ns = inc->ts > inc->attached_first ? inc->ts - inc->attached_first : 0;
}

/* Who reads; how a flight ended tells it, if it was not known when the write hit it. */
static enum pf_reader reader_of(const struct compose *c, const struct draft *draft)
{
	const struct pf_ev_hit *hit = &draft->first;

	if (!(hit->flags & PF_HIT_UNSURE))
		return hit->flags & PF_HIT_HERE ? PF_READER_HERE : PF_READER_ELSEWHERE;
	for (size_t i = 0; i < draft->n_spans; i++) {
		if (c->order[i]->ev.end == PF_END_READ && !(hit->flags & PF_HIT_HERE))
			return PF_READER_HERE;
	}
	return PF_READER_UNKNOWN;
}

int compose_incident(struct compose *c, const struct draft *draft, struct pf_incident *ret_incident)
{
	const struct pf_ev_hit *hit = &draft->first;
	const struct span *span;
	struct pf_incident inc;
	size_t n = 0;

	if (reserve(c, draft->n_spans))
		return -ENOMEM;
	STAILQ_FOREACH(span, &draft->spans, entry)
		c->order[n++] = span;
	qsort(c->order, n, sizeof(*c->order), by_stream);

	inc = (struct pf_incident){
		.op = hit->op,
		.conn = hit->conn,
		.ts = draft->op->done ? draft->op->rec->h.ts : hit->h.ts,
		.writer = hit->writer,
		.sender = hit->sender,
		.tuple = hit->tuple,
		.netns = hit->netns,
		.resends = hit->resends + draft->resends,
		.dev = hit->dev,
		.ino = hit->ino,
		.reader = reader_of(c, draft),
		.evidence_lost = draft->lost || draft->op->lost,
		.began = began_of(draft),
		.op_rec = draft->op->rec,
		.ranges = c->ranges,
		.n_ranges = join(c, n),
	};
	inc.answer = strongest(inc.ranges, inc.n_ranges);
	measure(&inc);
	date(c, n, &inc);
	introduce(draft, &inc);
	*ret_incident = inc;
	return 0;
}

void compose_fini(struct compose *c)
{
	free(c->ranges);
	free(c->order);
	*c = (struct compose){ 0 };
}

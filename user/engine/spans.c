// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * spans.c - three hash tables of fixed size (1.5 MB on 64 bit) with chained
 * entries. The engine caps how much they hold.
 */
#include "spans.h"

#include <errno.h>
#include <stdlib.h>

#include "rules.h"
#include "seq.h"

#define TABLE_BITS 16
#define TABLE_SIZE (1u << TABLE_BITS)

/* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
static __u32 hash_slot(__u64 a, __u64 b)
{
	__u64 x = (a ^ (b * 0xff51afd7ed558ccdull)) * 0x9e3779b97f4a7c15ull;

	return (x ^ x >> 32) * 0x9e3779b97f4a7c15ull >> (64 - TABLE_BITS);
}

int spans_init(struct spans *s)
{
	*s = (struct spans){
		.op_table = calloc(TABLE_SIZE, sizeof(*s->op_table)),
		.draft_table = calloc(TABLE_SIZE, sizeof(*s->draft_table)),
		.window_table = calloc(TABLE_SIZE, sizeof(*s->window_table)),
	};
	TAILQ_INIT(&s->by_age);
	if (s->op_table && s->draft_table && s->window_table)
		return 0;
	spans_fini(s);
	return -ENOMEM;
}

void spans_fini(struct spans *s)
{
	struct draft *draft;
	struct op *op;

	while ((op = TAILQ_FIRST(&s->by_age))) {
		while ((draft = TAILQ_FIRST(&op->drafts)))
			spans_drop_draft(s, draft);
		spans_drop_op(s, op);
	}
	free(s->op_table);
	free(s->draft_table);
	free(s->window_table);
}

struct op *spans_find_op(const struct spans *s, __u64 id)
{
	struct op *op;

	LIST_FOREACH(op, &s->op_table[hash_slot(id, 0)], hash) {
		if (op->id == id)
			return op;
	}
	return NULL;
}

struct op *spans_get_op(struct spans *s, __u64 id)
{
	struct op *op = spans_find_op(s, id);

	if (op)
		return op;
	op = calloc(1, sizeof(*op));
	if (!op)
		return NULL;
	op->id = id;
	TAILQ_INIT(&op->drafts);
	LIST_INSERT_HEAD(&s->op_table[hash_slot(id, 0)], op, hash);
	TAILQ_INSERT_TAIL(&s->by_age, op, entry);
	s->n_ops++;
	return op;
}

struct draft *spans_get_draft(struct spans *s, struct op *op, const struct pf_ev_hit *hit)
{
	struct draft_list *slot = &s->draft_table[hash_slot(hit->op, hit->conn)];
	struct draft *draft;

	LIST_FOREACH(draft, slot, hash) {
		if (draft->op == op && draft->first.conn == hit->conn)
			return draft;
	}
	draft = calloc(1, sizeof(*draft));
	if (!draft)
		return NULL;
	draft->op = op;
	draft->first = *hit;
	STAILQ_INIT(&draft->spans);
	LIST_INSERT_HEAD(slot, draft, hash);
	TAILQ_INSERT_TAIL(&op->drafts, draft, entry);
	s->n_drafts++;
	return draft;
}

struct span *spans_add_span(struct spans *s, struct draft *draft, const struct span *like)
{
	struct span *span = malloc(sizeof(*span));

	if (!span)
		return NULL;
	*span = *like;
	span->draft = draft;
	span->waiting = false;
	span->n_links = 0;
	STAILQ_INSERT_TAIL(&draft->spans, span, entry);
	draft->last = span;
	draft->n_spans++;
	s->n_spans++;
	return span;
}

bool spans_extend(struct draft *draft, const struct span *next)
{
	struct span *last = draft->last;
	const struct span *low, *high;
	__u32 marks;

	if (!last || last->waiting || !answer_equal(&last->answer, &next->answer) ||
	    last->len + next->len < last->len)
		return false;
	low = next->file_off < last->file_off ? next : last;
	high = low == last ? next : last;
	if (low->file_off + low->len != high->file_off ||
	    low->stream_off + low->len != high->stream_off)
		return false;
	marks = last->ev.marks | next->ev.marks;
	if (low == next) {
		last->ev = next->ev;
		last->seq = next->seq;
		last->file_off = next->file_off;
		last->stream_off = next->stream_off;
	}
	last->ev.marks = marks;
	last->len += next->len;
	last->ev.ended = 0;	/* next is decided without its end */
	if (next->attached < last->attached)
		last->attached = next->attached;
	if (next->attached_last > last->attached_last)
		last->attached_last = next->attached_last;
	return true;
}

void spans_wait(struct spans *s, struct span *span)
{
	__u32 first = span->seq >> SPANS_WINDOW_SHIFT;
	__u32 last = (span->seq + span->len - 1) >> SPANS_WINDOW_SHIFT;

	span->n_links = first == last ? 1 : 2;
	for (unsigned int i = 0; i < span->n_links; i++) {
		__u32 seq = (i ? last : first) << SPANS_WINDOW_SHIFT;

		span->link[i].span = span;
		span->link[i].list = spans_window(s, span->draft->first.conn, seq);
		TAILQ_INSERT_TAIL(span->link[i].list, &span->link[i], entry);
	}
	span->waiting = true;
	span->draft->n_waiting++;
}

void spans_settled(struct span *span)
{
	for (unsigned int i = 0; i < span->n_links; i++)
		TAILQ_REMOVE(span->link[i].list, &span->link[i], entry);
	span->n_links = 0;
	span->waiting = false;
	span->draft->n_waiting--;
}

/* A copy of the span's bytes [from, from + len) that waits on its own. */
static int wait_part(struct spans *s, const struct span *span, __u32 from, __u32 len)
{
	struct span part = *span;
	struct span *added;

	if (!len)
		return 0;
	part.seq += from;
	part.file_off += from;
	part.stream_off += from;
	part.len = len;
	added = spans_add_span(s, span->draft, &part);
	if (!added)
		return -ENOMEM;
	spans_wait(s, added);
	return 0;
}

int spans_isolate(struct spans *s, struct span *span, __u32 seq, __u32 len)
{
	__u32 lead = seq_after(seq, span->seq) ? seq - span->seq : 0;
	__u32 to_end = seq + len - span->seq;
	__u32 tail = to_end < span->len ? span->len - to_end : 0;

	if (wait_part(s, span, 0, lead) || wait_part(s, span, to_end, tail))
		return -ENOMEM;
	span->seq += lead;
	span->file_off += lead;
	span->stream_off += lead;
	span->len -= lead + tail;
	return 0;
}

struct span_links *spans_window(struct spans *s, __u64 conn, __u32 seq)
{
	__u32 window = seq >> SPANS_WINDOW_SHIFT;
	struct span_links *list = &s->window_table[hash_slot(conn, window + 1)];

	if (!list->tqh_last)
		TAILQ_INIT(list);
	return list;
}

void spans_drop_draft(struct spans *s, struct draft *draft)
{
	struct span *span;

	while ((span = STAILQ_FIRST(&draft->spans))) {
		STAILQ_REMOVE_HEAD(&draft->spans, entry);
		if (span->waiting)
			spans_settled(span);
		free(span);
		s->n_spans--;
	}
	LIST_REMOVE(draft, hash);
	TAILQ_REMOVE(&draft->op->drafts, draft, entry);
	free(draft);
	s->n_drafts--;
}

void spans_drop_op(struct spans *s, struct op *op)
{
	LIST_REMOVE(op, hash);
	TAILQ_REMOVE(&s->by_age, op, entry);
	free(op->rec);
	free(op);
	s->n_ops--;
}

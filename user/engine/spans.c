// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pending - the memory of the verdict engine. Three fixed hash tables (1.5 MB
 * on 64 bit) with chained entries; the engine caps how much they hold, so they
 * never grow.
 */
#include "spans.h"

#include <errno.h>
#include <stdlib.h>

#define TABLE_BITS 16
#define TABLE_SIZE (1u << TABLE_BITS)

/* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
static __u32 hash_slot(__u64 a, __u64 b)
{
	__u64 x = (a ^ (b * 0xff51afd7ed558ccdull)) * 0x9e3779b97f4a7c15ull;

	return (x ^ x >> 32) * 0x9e3779b97f4a7c15ull >> (64 - TABLE_BITS);
}

int pending_init(struct pending *p)
{
	*p = (struct pending){
		.op_table = calloc(TABLE_SIZE, sizeof(*p->op_table)),
		.held_table = calloc(TABLE_SIZE, sizeof(*p->held_table)),
		.window_table = calloc(TABLE_SIZE, sizeof(*p->window_table)),
	};
	TAILQ_INIT(&p->by_age);
	if (p->op_table && p->held_table && p->window_table)
		return 0;
	pending_fini(p);
	return -ENOMEM;
}

void pending_fini(struct pending *p)
{
	struct held *held;
	struct op *op;

	while ((op = TAILQ_FIRST(&p->by_age))) {
		while ((held = TAILQ_FIRST(&op->held)))
			pending_drop_held(p, held);
		pending_drop_op(p, op);
	}
	free(p->op_table);
	free(p->held_table);
	free(p->window_table);
}

struct op *pending_find_op(const struct pending *p, __u64 id)
{
	struct op *op;

	LIST_FOREACH(op, &p->op_table[hash_slot(id, 0)], hash) {
		if (op->id == id)
			return op;
	}
	return NULL;
}

struct op *pending_get_op(struct pending *p, __u64 id)
{
	struct op *op = pending_find_op(p, id);

	if (op)
		return op;
	op = calloc(1, sizeof(*op));
	if (!op)
		return NULL;
	op->id = id;
	TAILQ_INIT(&op->held);
	LIST_INSERT_HEAD(&p->op_table[hash_slot(id, 0)], op, hash);
	TAILQ_INSERT_TAIL(&p->by_age, op, entry);
	p->n_ops++;
	return op;
}

struct held *pending_get_held(struct pending *p, struct op *op, const struct pf_ev_hit *hit)
{
	struct helds *slot = &p->held_table[hash_slot(hit->op, hit->conn)];
	struct held *held;

	LIST_FOREACH(held, slot, hash) {
		if (held->op == op && held->first.conn == hit->conn)
			return held;
	}
	held = calloc(1, sizeof(*held));
	if (!held)
		return NULL;
	held->op = op;
	held->first = *hit;
	STAILQ_INIT(&held->spans);
	LIST_INSERT_HEAD(slot, held, hash);
	TAILQ_INSERT_TAIL(&op->held, held, entry);
	p->n_held++;
	return held;
}

struct span *pending_add_span(struct pending *p, struct held *held, const struct span *like)
{
	struct span *span = malloc(sizeof(*span));

	if (!span)
		return NULL;
	*span = *like;
	span->held = held;
	span->waiting = false;
	span->n_links = 0;
	STAILQ_INSERT_TAIL(&held->spans, span, entry);
	held->last = span;
	held->n_spans++;
	p->n_spans++;
	return span;
}

bool pending_extend(struct held *held, const struct span *next)
{
	struct span *last = held->last;
	const struct span *low, *high;

	if (!last || last->waiting || !pf_answer_equal(&last->answer, &next->answer) ||
	    last->len + next->len < last->len)
		return false;
	low = next->file_off < last->file_off ? next : last;
	high = low == last ? next : last;
	if (low->file_off + low->len != high->file_off ||
	    low->stream_off + low->len != high->stream_off)
		return false;
	if (low == next) {
		last->seq = next->seq;
		last->file_off = next->file_off;
		last->stream_off = next->stream_off;
	}
	last->len += next->len;
	if (next->attached < last->attached)
		last->attached = next->attached;
	return true;
}

void pending_wait(struct pending *p, struct span *span)
{
	__u32 first = span->seq >> PENDING_WINDOW_SHIFT;
	__u32 last = (span->seq + span->len - 1) >> PENDING_WINDOW_SHIFT;

	span->n_links = first == last ? 1 : 2;
	for (unsigned int i = 0; i < span->n_links; i++) {
		__u32 seq = (i ? last : first) << PENDING_WINDOW_SHIFT;

		span->link[i].span = span;
		span->link[i].list = pending_window(p, span->held->first.conn, seq);
		TAILQ_INSERT_TAIL(span->link[i].list, &span->link[i], entry);
	}
	span->waiting = true;
	span->held->n_waiting++;
}

void pending_settled(struct span *span)
{
	for (unsigned int i = 0; i < span->n_links; i++)
		TAILQ_REMOVE(span->link[i].list, &span->link[i], entry);
	span->n_links = 0;
	span->waiting = false;
	span->held->n_waiting--;
}

/* A copy of the span's bytes [from, from + len) that waits on its own. */
static int wait_part(struct pending *p, const struct span *span, __u32 from, __u32 len)
{
	struct span part = *span;
	struct span *added;

	if (!len)
		return 0;
	part.seq += from;
	part.file_off += from;
	part.stream_off += from;
	part.len = len;
	added = pending_add_span(p, span->held, &part);
	if (!added)
		return -ENOMEM;
	pending_wait(p, added);
	return 0;
}

int pending_isolate(struct pending *p, struct span *span, __u32 seq, __u32 len)
{
	__u32 lead = (__s32)(seq - span->seq) > 0 ? seq - span->seq : 0;
	__u32 to_end = seq + len - span->seq;
	__u32 tail = to_end < span->len ? span->len - to_end : 0;

	if (wait_part(p, span, 0, lead) || wait_part(p, span, to_end, tail))
		return -ENOMEM;
	span->seq += lead;
	span->file_off += lead;
	span->stream_off += lead;
	span->len -= lead + tail;
	return 0;
}

struct span_links *pending_window(struct pending *p, __u64 conn, __u32 seq)
{
	struct span_links *list = &p->window_table[hash_slot(conn, (seq >> PENDING_WINDOW_SHIFT) + 1)];

	if (!list->tqh_last)
		TAILQ_INIT(list);
	return list;
}

void pending_drop_held(struct pending *p, struct held *held)
{
	struct span *span;

	while ((span = STAILQ_FIRST(&held->spans))) {
		STAILQ_REMOVE_HEAD(&held->spans, entry);
		if (span->waiting)
			pending_settled(span);
		free(span);
		p->n_spans--;
	}
	LIST_REMOVE(held, hash);
	TAILQ_REMOVE(&held->op->held, held, entry);
	free(held);
	p->n_held--;
}

void pending_drop_op(struct pending *p, struct op *op)
{
	LIST_REMOVE(op, hash);
	TAILQ_REMOVE(&p->by_age, op, entry);
	free(op->rec);
	free(op);
	p->n_ops--;
}

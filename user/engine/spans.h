/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * pending - the memory of the verdict engine: writes, their incidents, and
 * the byte ranges (spans) of these, found by what an event names.
 *
 *   op --< held --< span
 *
 * Ops stand in order of arrival, for time-outs. A held incident is found by
 * {op, connection}. A span that waits is found by {connection, window}, a
 * window being 64 KiB of sequence numbers, so that an acknowledgement looks
 * at its neighbourhood only, however much waits elsewhere.
 */
#ifndef PAGEFLIGHT_PENDING_H
#define PAGEFLIGHT_PENDING_H

#include <sys/queue.h>
#include "judge.h"

#define PENDING_WINDOW_SHIFT 16

/* Longest span that touches two windows at most. */
#define PENDING_SPAN_MAX (1u << PENDING_WINDOW_SHIFT)

struct span;
struct held;
struct op;

struct span_link {
	TAILQ_ENTRY(span_link) entry;
	struct span_links *list;
	struct span *span;
};
TAILQ_HEAD(span_links, span_link);	/* in the order in which they came */

struct span {
	STAILQ_ENTRY(span) entry;	/* of the incident */
	struct span_link link[2];	/* of the windows, while waiting */
	struct held *held;
	__u64 file_off;
	__u64 stream_off;
	__u64 attached;
	__u32 seq;
	__u32 len;
	unsigned int n_links;
	bool waiting;
	struct evidence ev;
	struct pf_answer answer;
};
STAILQ_HEAD(spans, span);

/* An incident that is not complete. */
struct held {
	LIST_ENTRY(held) hash;
	TAILQ_ENTRY(held) entry;	/* of the op */
	struct op *op;
	struct spans spans;
	struct span *last;		/* added; NULL before the first */
	size_t n_spans;
	size_t n_waiting;
	__u32 resends;
	__u64 resent_ts;		/* the last one counted */
	bool lost;
	struct pf_ev_hit first;
};
LIST_HEAD(helds, held);
TAILQ_HEAD(held_queue, held);

struct op {
	LIST_ENTRY(op) hash;
	TAILQ_ENTRY(op) entry;		/* by age */
	__u64 id;
	__u64 ts;			/* last record seen */
	__u32 hits;
	bool done;
	bool lost;
	struct pf_ev_op *rec;		/* once done */
	struct held_queue held;
};
LIST_HEAD(ops, op);
TAILQ_HEAD(op_queue, op);

struct pending {
	struct op_queue by_age;
	size_t n_ops;
	size_t n_spans;
	size_t n_held;
	struct ops *op_table;
	struct helds *held_table;
	struct span_links *window_table;
};

/* 0 or -ENOMEM. */
int pending_init(struct pending *p);
void pending_fini(struct pending *p);

struct op *pending_find_op(const struct pending *p, __u64 id);

/* Find or make; NULL without memory. */
struct op *pending_get_op(struct pending *p, __u64 id);
struct held *pending_get_held(struct pending *p, struct op *op, const struct pf_ev_hit *hit);

/* Copy a span into its incident; NULL without memory. */
struct span *pending_add_span(struct pending *p, struct held *held, const struct span *like);

/*
 * Let the span that was added last grow by one that continues it, if neither
 * waits. Most hits are decided at once and lie before or behind the one that came
 * last: a write of a gigabyte then costs one span, not one per page.
 */
bool pending_extend(struct held *held, const struct span *next);

/* Make a span findable by its sequence numbers, and not. */
void pending_wait(struct pending *p, struct span *span);
void pending_settled(struct span *span);

/*
 * Shrink a waiting span to what [seq, seq + len) covers of it; they overlap.
 * The rest becomes spans that wait on. 0 or -ENOMEM.
 */
int pending_isolate(struct pending *p, struct span *span, __u32 seq, __u32 len);

/* The links to the spans that wait in the window of seq on this connection, and to others. */
struct span_links *pending_window(struct pending *p, __u64 conn, __u32 seq);

void pending_drop_held(struct pending *p, struct held *held);

/* Only for an op without incidents. */
void pending_drop_op(struct pending *p, struct op *op);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * spans - the memory of the engine: writes, the drafts of their incidents, and
 * the byte ranges (spans) of these, found by what a record names.
 *
 *   op --< draft --< span
 *
 * Ops stand in order of arrival, for time-outs. A draft is found by {op,
 * connection}. A span that waits is found by {connection, window}, a window being
 * 64 KiB of sequence numbers, so that an acknowledgement looks at its neighbourhood
 * only, however much waits elsewhere.
 */
#ifndef PAGEFLIGHT_SPANS_H
#define PAGEFLIGHT_SPANS_H

#include <sys/queue.h>
#include "judge.h"

#define SPANS_WINDOW_SHIFT 16

/* Length of the longest span that touches two windows at most. */
#define SPANS_LEN_MAX (1u << SPANS_WINDOW_SHIFT)

struct span;
struct draft;
struct op;

struct span_link {
	TAILQ_ENTRY(span_link) entry;
	struct span_links *list;
	struct span *span;
};
TAILQ_HEAD(span_links, span_link);	/* in the order in which they came */

struct span {
	STAILQ_ENTRY(span) entry;	/* of the draft */
	struct span_link link[2];	/* of the windows, while waiting */
	struct draft *draft;
	__u64 file_off;
	__u64 stream_off;
	__u64 attached;			/* the oldest of its bytes */
	__u64 attached_last;		/* the newest */
	__u32 seq;
	__u32 len;
	unsigned int n_links;
	bool waiting;
	struct evidence ev;
	struct pf_answer answer;
};
STAILQ_HEAD(span_list, span);

/* An incident that is not complete. */
struct draft {
	LIST_ENTRY(draft) hash;
	TAILQ_ENTRY(draft) entry;	/* of the op */
	struct op *op;
	struct span_list spans;
	struct span *last;		/* added; NULL before the first */
	size_t n_spans;
	size_t n_waiting;
	__u32 resends;
	__u64 resent_ts;		/* the last one counted */
	bool lost;
	struct pf_ev_hit first;
};
LIST_HEAD(draft_list, draft);
TAILQ_HEAD(draft_queue, draft);

struct op {
	LIST_ENTRY(op) hash;
	TAILQ_ENTRY(op) entry;		/* by age */
	__u64 id;
	__u64 ts;			/* last record seen */
	__u32 hits;
	bool done;
	bool lost;
	struct pf_ev_op *rec;		/* once done */
	struct draft_queue drafts;
};
LIST_HEAD(ops, op);
TAILQ_HEAD(op_queue, op);

struct spans {
	struct op_queue by_age;
	size_t n_ops;
	size_t n_spans;
	size_t n_drafts;
	struct ops *op_table;
	struct draft_list *draft_table;
	struct span_links *window_table;
};

/* 0 or -ENOMEM. */
int spans_init(struct spans *s);
void spans_fini(struct spans *s);

struct op *spans_find_op(const struct spans *s, __u64 id);

/* Find it or make it. NULL: there is no memory. */
struct op *spans_get_op(struct spans *s, __u64 id);
struct draft *spans_get_draft(struct spans *s, struct op *op, const struct pf_ev_hit *hit);

/* Copy a span into its draft. NULL: there is no memory. */
struct span *spans_add_span(struct spans *s, struct draft *draft, const struct span *like);

/*
 * Let the span that was added last grow by one that continues it, if neither waits.
 * Most hits are decided at once and lie before or behind the hit that came last, so
 * that a write of a gigabyte costs one span, and not one for each page.
 */
bool spans_extend(struct draft *draft, const struct span *next);

/* From now on the span is found by its sequence numbers; from now on it is not. */
void spans_wait(struct spans *s, struct span *span);
void spans_settled(struct span *span);

/*
 * Shrink a waiting span to what [seq, seq + len) covers of it; they overlap.
 * The rest becomes spans that wait on. 0 or -ENOMEM.
 */
int spans_isolate(struct spans *s, struct span *span, __u32 seq, __u32 len);

/* The links to the spans that wait in the window of seq on this connection, and to others. */
struct span_links *spans_window(struct spans *s, __u64 conn, __u32 seq);

void spans_drop_draft(struct spans *s, struct draft *draft);

/* Only for an op without drafts. */
void spans_drop_op(struct spans *s, struct op *op);

#endif

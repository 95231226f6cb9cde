// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * verdict - the engine. A hit is cut into spans of one answer each; spans that
 * the state of the socket decides are final at once, the others wait for
 * retransmissions and for the end of their flight. An incident is reported when
 * its write is complete and none of its spans waits.
 */
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "evidence.h"
#include "spans.h"

struct verdict {
	struct verdict_config cfg;
	verdict_emit_fn emit;
	void *ctx;
	struct pending pending;
	struct compose compose;
	__u64 evicted;
	__u64 ended;		/* 0: not yet */
	bool lossy;
};

int verdict_new(struct verdict **ret_verdict, const struct verdict_config *cfg,
		verdict_emit_fn emit, void *ctx)
{
	struct verdict *v = calloc(1, sizeof(*v));

	if (!v || pending_init(&v->pending)) {
		free(v);
		return -ENOMEM;
	}
	v->cfg = *cfg;
	if (!v->cfg.settle_ns)
		v->cfg.settle_ns = VERDICT_SETTLE_NS;
	if (!v->cfg.max_waiting)
		v->cfg.max_waiting = VERDICT_MAX_WAITING;
	v->emit = emit;
	v->ctx = ctx;
	*ret_verdict = v;
	return 0;
}

void verdict_free(struct verdict *v)
{
	if (!v)
		return;
	pending_fini(&v->pending);
	compose_fini(&v->compose);
	free(v);
}

/* Report an incident and forget it. Spans that wait are settled by gave_up. */
static int report(struct verdict *v, struct held *held, enum reason gave_up)
{
	struct incident inc;
	struct span *span;
	int err;

	STAILQ_FOREACH(span, &held->spans, entry) {
		if (!span->waiting)
			continue;
		span->ev.gave_up = gave_up;
		judge_byte(&span->ev, span->seq, &span->answer);
	}
	err = compose_incident(&v->compose, held, &inc);
	if (!err)
		v->emit(v->ctx, &inc);
	pending_drop_held(&v->pending, held);
	return err;
}

static int report_op(struct verdict *v, struct op *op, enum reason gave_up)
{
	struct held *held;
	int err = 0;

	while (!err && (held = TAILQ_FIRST(&op->held)))
		err = report(v, held, gave_up);
	if (!err)
		pending_drop_op(&v->pending, op);
	return err;
}

/* Report the incident if nothing of it waits any more, and its op if it was the last. */
static int report_complete(struct verdict *v, struct held *held)
{
	struct op *op = held->op;
	int err;

	if (held->n_waiting || !op->done)
		return 0;
	err = report(v, held, REASON_NONE);
	if (!err && TAILQ_EMPTY(&op->held))
		pending_drop_op(&v->pending, op);
	return err;
}

static int make_room(struct verdict *v)
{
	struct pending *p = &v->pending;
	int err = 0;

	while (!err && p->n_spans + p->n_ops >= v->cfg.max_waiting) {
		struct op *op = TAILQ_FIRST(&p->by_age);
		struct held *held = TAILQ_FIRST(&op->held);

		if (!held) {
			pending_drop_op(p, op);
			continue;
		}
		v->evicted++;
		op->lost |= !op->done;
		err = report(v, held, REASON_EVICTED);
	}
	return err;
}

static int add_span(struct verdict *v, struct op *op, const struct pf_ev_hit *hit,
		    struct span *like)
{
	enum judgement judgement = judge_byte(&like->ev, like->seq, &like->answer);
	struct held *held;
	struct span *span;

	if (judgement == JUDGE_GONE)
		return 0;
	held = pending_get_held(&v->pending, op, hit);
	if (!held)
		return -ENOMEM;
	held->lost |= like->ev.lost;
	if (judgement == JUDGE_FINAL && pending_extend(held, like))
		return 0;
	span = pending_add_span(&v->pending, held, like);
	if (!span)
		return -ENOMEM;
	if (judgement == JUDGE_WAIT)
		pending_wait(&v->pending, span);
	return 0;
}

static bool overlaps(const struct span *span, __u32 seq, __u32 len)
{
	return (__s32)(span->seq + span->len - seq) > 0 && (__s32)(seq + len - span->seq) > 0;
}

/* What an event says, and of which bytes of a stream. */
struct news {
	__u64 conn;
	__u32 seq;
	__u32 len;
	/* Tells a span that waits, and of which it covers every byte. */
	void (*learn)(struct span *span, void *event);
	void *event;
};

static int tell(struct verdict *v, struct span *span, const struct news *news)
{
	struct held *held = span->held;
	int err;

	err = pending_isolate(&v->pending, span, news->seq, news->len);
	if (err)
		return err;
	news->learn(span, news->event);
	if (judge_byte(&span->ev, span->seq, &span->answer) == JUDGE_WAIT)
		return 0;
	pending_settled(span);
	return report_complete(v, held);
}

/*
 * Tell the spans of a connection that wait, the oldest first. An isolated rest is
 * linked at the end and not concerned, and a reported incident has no spans in
 * any list: the saved link stays good.
 */
static int spread(struct verdict *v, const struct news *news)
{
	__u32 first = news->seq >> PENDING_WINDOW_SHIFT;
	__u32 n = ((news->seq & (PENDING_SPAN_MAX - 1)) + news->len - 1) >> PENDING_WINDOW_SHIFT;
	struct span_link *link, *next;
	int err = 0;

	for (__u32 i = 0; i <= n && !err; i++) {
		__u32 at = (first + i) << PENDING_WINDOW_SHIFT;

		link = TAILQ_FIRST(pending_window(&v->pending, news->conn, at));
		for (; link && !err; link = next) {
			struct span *span = link->span;

			/* The span's link in a second window may share this list. */
			next = TAILQ_NEXT(link, entry);
			while (next && next->span == span)
				next = TAILQ_NEXT(next, entry);
			if (span->held->first.conn == news->conn &&
			    overlaps(span, news->seq, news->len))
				err = tell(v, span, news);
		}
	}
	return err;
}

/* Spread news piece by piece, cut where what `ev` says changes; aim() chooses what each learns. */
static int spread_pieces(struct verdict *v, const struct news *whole, const struct evidence *ev,
			 void (*aim)(struct news *news, const struct evidence *ev))
{
	__u32 cuts[JUDGE_CUTS_MAX + 1], at = 0;
	unsigned int n = judge_cuts(ev, whole->seq, whole->len, cuts);
	int err = 0;

	cuts[n] = whole->len;
	for (unsigned int i = 0; i <= n && !err; i++) {
		struct news piece = *whole;

		piece.seq += at;
		piece.len = cuts[i] - at;
		aim(&piece, ev);
		if (piece.learn)
			err = spread(v, &piece);
		at = cuts[i];
	}
	return err;
}

static void aim_restored(struct news *news, const struct evidence *ev)
{
	int in_time = judge_in_time(ev, news->seq);

	news->learn = in_time > 0 ? learn_restored : in_time ? learn_mended : learn_unsure;
}

/* These bytes are again what the socket took: what waits was changed back, perhaps in time. */
static int on_restored(struct verdict *v, const struct pf_ev_hit *hit, const struct evidence *ev,
		       __u32 seq, __u32 end)
{
	const struct news news = { .conn = hit->conn, .seq = seq, .len = end - seq };

	return (__s32)(end - seq) > 0 ? spread_pieces(v, &news, ev, aim_restored) : 0;
}

/* What was copied for good before it was found is not a part of the store. */
static void aim_store(struct news *news, const struct evidence *ev)
{
	struct answer answer;

	if (judge_byte(ev, news->seq, &answer) != JUDGE_GONE)
		news->learn = learn_store;
}

/* Somebody unknown changed the flight. */
static int on_found(struct verdict *v, const struct pf_ev_hit *hit, struct store *store)
{
	struct news news = { .conn = hit->conn, .seq = hit->seq, .len = hit->len, .learn = learn_torn };
	int err = spread(v, &news);

	news.learn = NULL;
	news.event = store;
	return err ? err : spread_pieces(v, &news, store->found, aim_store);
}

/* A write that a hook saw, over what waits. */
static int on_written(struct verdict *v, const struct pf_ev_hit *hit)
{
	struct news news = { .conn = hit->conn, .seq = hit->seq, .len = hit->len,
			     .learn = learn_hidden };
	int err = spread(v, &news);

	if (err || !hit_may_mend(hit))
		return err;
	news.seq = hit_first_seq(hit);
	news.len = hit_end_seq(hit) - news.seq;
	news.learn = learn_rewritten;
	return spread(v, &news);
}

/* Cut bytes that both the write and the flight have where the answer may change. */
static int add_part(struct verdict *v, struct op *op, const struct pf_ev_hit *hit,
		    struct span *like, __u32 first, __u32 end)
{
	__u32 len = end - first, skip = first - hit->seq, cuts[JUDGE_CUTS_MAX + 1];
	unsigned int n_cuts;
	int err = 0;

	if ((__s32)len <= 0)
		return 0;
	n_cuts = judge_cuts(&like->ev, first, len, cuts);
	cuts[n_cuts] = len;
	for (unsigned int i = 0; i <= n_cuts && !err; i++) {
		__u32 at = i ? cuts[i - 1] : 0;

		like->seq = first + at;
		like->file_off = hit->file_off + skip + at;
		like->stream_off = hit->stream_off + skip + at;
		like->len = cuts[i] - at;
		err = add_span(v, op, hit, like);
	}
	return err;
}

/* Bytes that were written as the socket took them are told apart, where they were compared. */
static int add_spans(struct verdict *v, struct op *op, const struct pf_ev_hit *hit,
		     struct span *like)
{
	__u32 first = hit_first_seq(hit), end = hit_end_seq(hit);
	struct span meant = *like;
	int err;

	if (!(hit->flags & PF_HIT_COMPARED))
		return add_part(v, op, hit, like, first, end);
	meant.ev.meant = true;
	err = add_part(v, op, hit, &meant, first, hit->seq + hit->diff_from);
	if (!err)
		err = add_part(v, op, hit, like, hit->seq + hit->diff_from, hit->seq + hit->diff_to);
	return err ? err : add_part(v, op, hit, &meant, hit->seq + hit->diff_to, end);
}

/* What a hit tells about those that came before it. */
static int spread_hit(struct verdict *v, const struct pf_ev_hit *hit, const struct evidence *ev,
		      struct store *store)
{
	int err = 0;

	if ((__s32)(hit_end_seq(hit) - hit_first_seq(hit)) <= 0)
		return 0;
	if (judge_restores(ev))
		err = on_restored(v, hit, ev, hit->seq, hit->seq + hit->len);
	if (!err && hit->flags & PF_HIT_COMPARED)
		err = on_restored(v, hit, ev, hit_first_seq(hit), hit->seq + hit->diff_from);
	if (!err && hit->flags & PF_HIT_COMPARED)
		err = on_restored(v, hit, ev, hit->seq + hit->diff_to, hit_end_seq(hit));
	if (err || hit->writer.how == PF_WRITE_MMAP)	/* nothing is changed yet */
		return err;
	return hit->writer.how == PF_WRITE_UNKNOWN ? on_found(v, hit, store) : on_written(v, hit);
}

static int on_hit(struct verdict *v, const struct pf_ev_hit *hit)
{
	struct span like = {
		.attached = hit->attached,
		.ev = {
			.how = hit->writer.how,
			.flags = hit->flags,
			.before = hit->before,
			.after = hit->after,
			.fp = hit->fp,
			.fp_before = hit->fp_before,
			.fp_after = hit->fp_after,
			.lost = v->lossy || hit->flags & PF_HIT_LOST,
		},
	};
	struct store store = { .found = &like.ev };
	struct op *op;
	int err;

	err = make_room(v);
	if (!err)
		err = spread_hit(v, hit, &like.ev, &store);
	if (err)
		return err;
	/* A change that is found after the end was made before. */
	if (v->ended && hit->h.ts > v->ended && hit->writer.how != PF_WRITE_UNKNOWN)
		return 0;
	op = pending_get_op(&v->pending, hit->op);	/* now: what was told may have ended it */
	if (!op)
		return -ENOMEM;
	op->hits++;
	op->ts = hit->h.ts;
	if (store.taken)
		return 0;
	like.ev.rewritten = hit->writer.how != PF_WRITE_UNKNOWN && hit_is_over_changes(hit);
	return add_spans(v, op, hit, &like);
}

static int on_op(struct verdict *v, const struct pf_ev_op *ev)
{
	struct op *op = pending_find_op(&v->pending, ev->op);
	struct held *held, *next;
	int err = 0;

	if (!op)
		return 0;
	if (TAILQ_EMPTY(&op->held)) {
		pending_drop_op(&v->pending, op);
		return 0;
	}
	if (!op->rec)
		op->rec = malloc(sizeof(*op->rec));
	if (!op->rec)
		return -ENOMEM;
	*op->rec = *ev;
	op->ts = ev->h.ts;
	op->done = true;
	op->lost |= op->hits < ev->hits;
	for (held = TAILQ_FIRST(&op->held); held && !err; held = next) {
		next = TAILQ_NEXT(held, entry);
		err = report_complete(v, held);
	}
	return err;
}

static int on_range(struct verdict *v, const struct pf_ev_range *ev)
{
	const struct news news = {
		.conn = ev->conn, .seq = ev->seq, .len = ev->len,
		.learn = learn_range, .event = (void *)ev,
	};

	return spread(v, &news);
}

int verdict_event(struct verdict *v, const struct pf_event *ev)
{
	switch (ev->type) {
	case PF_EV_HIT:
		return on_hit(v, (const struct pf_ev_hit *)ev);
	case PF_EV_OP:
		return on_op(v, (const struct pf_ev_op *)ev);
	case PF_EV_END:
	case PF_EV_RESEND:
	case PF_EV_SENT:
		return on_range(v, (const struct pf_ev_range *)ev);
	}
	return 0;
}

int verdict_tick(struct verdict *v, __u64 now_ns)
{
	struct op *op;
	int err = 0;

	while (!err && (op = TAILQ_FIRST(&v->pending.by_age))) {
		if (now_ns < op->ts || now_ns - op->ts < v->cfg.settle_ns)
			break;
		op->lost |= !op->done;
		err = report_op(v, op, REASON_UNACKED);
	}
	return err;
}

void verdict_lost(struct verdict *v)
{
	struct held *held;
	struct span *span;
	struct op *op;

	v->lossy = true;
	TAILQ_FOREACH(op, &v->pending.by_age, entry) {
		TAILQ_FOREACH(held, &op->held, entry) {
			STAILQ_FOREACH(span, &held->spans, entry)
				span->ev.lost |= span->waiting;
			held->lost |= held->n_waiting > 0;
		}
	}
}

void verdict_sound(struct verdict *v)
{
	v->lossy = false;
}

void verdict_end(struct verdict *v, __u64 ended_ns)
{
	v->ended = ended_ns;
}

int verdict_flush(struct verdict *v)
{
	struct op *op;
	int err = 0;

	while (!err && (op = TAILQ_FIRST(&v->pending.by_age))) {
		op->lost |= !op->done;
		err = report_op(v, op, REASON_UNACKED);
	}
	return err;
}

size_t verdict_waiting(const struct verdict *v)
{
	return v->pending.n_held;
}

__u64 verdict_evicted(const struct verdict *v)
{
	return v->evicted;
}

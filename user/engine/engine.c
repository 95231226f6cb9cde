// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * engine.c - a hit is cut into spans of one answer each. Spans that the state of
 * the socket decides are final at once, the others wait for retransmissions and
 * for the end of their flight. An incident is reported when its write is complete
 * and none of its spans waits.
 */
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "evidence.h"
#include "spans.h"

struct pf_engine {
	struct pf_engine_config cfg;
	pf_incident_fn emit;
	void *ctx;
	struct pending pending;
	struct compose compose;
	__u64 evicted;
	__u64 ended;		/* 0: not yet */
	bool lossy;
};

int pf_engine_new(struct pf_engine **ret_engine, const struct pf_engine_config *cfg,
		  pf_incident_fn emit, void *ctx)
{
	struct pf_engine *e = calloc(1, sizeof(*e));

	if (!e || pending_init(&e->pending)) {
		free(e);
		return -ENOMEM;
	}
	e->cfg = *cfg;
	if (!e->cfg.settle_ns)
		e->cfg.settle_ns = PF_ENGINE_SETTLE_NS;
	if (!e->cfg.max_waiting)
		e->cfg.max_waiting = PF_ENGINE_MAX_WAITING;
	e->emit = emit;
	e->ctx = ctx;
	*ret_engine = e;
	return 0;
}

void pf_engine_free(struct pf_engine *e)
{
	if (!e)
		return;
	pending_fini(&e->pending);
	compose_fini(&e->compose);
	free(e);
}

/* Report an incident and forget it. Spans that wait are settled by gave_up. */
static int report(struct pf_engine *e, struct held *held, enum pf_reason gave_up)
{
	struct pf_incident inc;
	struct span *span;
	int err;

	STAILQ_FOREACH(span, &held->spans, entry) {
		if (!span->waiting)
			continue;
		span->ev.gave_up = gave_up;
		judge_byte(&span->ev, span->seq, &span->answer);
	}
	err = compose_incident(&e->compose, held, &inc);
	if (!err)
		e->emit(e->ctx, &inc);
	pending_drop_held(&e->pending, held);
	return err;
}

static int report_op(struct pf_engine *e, struct op *op, enum pf_reason gave_up)
{
	struct held *held;
	int err = 0;

	while (!err && (held = TAILQ_FIRST(&op->held)))
		err = report(e, held, gave_up);
	if (!err)
		pending_drop_op(&e->pending, op);
	return err;
}

/* Report the incident if nothing of it waits any more, and its op if it was the last. */
static int report_complete(struct pf_engine *e, struct held *held)
{
	struct op *op = held->op;
	int err;

	if (held->n_waiting || !op->done)
		return 0;
	err = report(e, held, PF_REASON_NONE);
	if (!err && TAILQ_EMPTY(&op->held))
		pending_drop_op(&e->pending, op);
	return err;
}

static int make_room(struct pf_engine *e)
{
	struct pending *p = &e->pending;
	int err = 0;

	while (!err && p->n_spans + p->n_ops >= e->cfg.max_waiting) {
		struct op *op = TAILQ_FIRST(&p->by_age);
		struct held *held = TAILQ_FIRST(&op->held);

		if (!held) {
			pending_drop_op(p, op);
			continue;
		}
		e->evicted++;
		op->lost |= !op->done;
		err = report(e, held, PF_REASON_EVICTED);
	}
	return err;
}

static int add_span(struct pf_engine *e, struct op *op, const struct pf_ev_hit *hit,
		    struct span *like)
{
	enum judgement judgement = judge_byte(&like->ev, like->seq, &like->answer);
	struct held *held;
	struct span *span;

	if (judgement == JUDGE_GONE)
		return 0;
	held = pending_get_held(&e->pending, op, hit);
	if (!held)
		return -ENOMEM;
	held->lost |= like->ev.lost;
	if (judgement == JUDGE_FINAL && pending_extend(held, like))
		return 0;
	span = pending_add_span(&e->pending, held, like);
	if (!span)
		return -ENOMEM;
	if (judgement == JUDGE_WAIT)
		pending_wait(&e->pending, span);
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

static int tell(struct pf_engine *e, struct span *span, const struct news *news)
{
	struct held *held = span->held;
	int err;

	err = pending_isolate(&e->pending, span, news->seq, news->len);
	if (err)
		return err;
	news->learn(span, news->event);
	if (judge_byte(&span->ev, span->seq, &span->answer) == JUDGE_WAIT)
		return 0;
	pending_settled(span);
	return report_complete(e, held);
}

/*
 * Tell the spans of a connection that wait, the oldest first. An isolated rest is
 * linked at the end and not concerned, and a reported incident has no spans in
 * any list: the saved link stays good.
 */
static int spread(struct pf_engine *e, const struct news *news)
{
	__u32 first = news->seq >> PENDING_WINDOW_SHIFT;
	__u32 n = ((news->seq & (PENDING_SPAN_MAX - 1)) + news->len - 1) >> PENDING_WINDOW_SHIFT;
	struct span_link *link, *next;
	int err = 0;

	for (__u32 i = 0; i <= n && !err; i++) {
		__u32 at = (first + i) << PENDING_WINDOW_SHIFT;

		link = TAILQ_FIRST(pending_window(&e->pending, news->conn, at));
		for (; link && !err; link = next) {
			struct span *span = link->span;

			/* The span's link in a second window may share this list. */
			next = TAILQ_NEXT(link, entry);
			while (next && next->span == span)
				next = TAILQ_NEXT(next, entry);
			if (span->held->first.conn == news->conn &&
			    overlaps(span, news->seq, news->len))
				err = tell(e, span, news);
		}
	}
	return err;
}

/* Spread news piece by piece, cut where what `ev` says changes; aim() chooses what each learns. */
static int spread_pieces(struct pf_engine *e, const struct news *whole, const struct evidence *ev,
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
			err = spread(e, &piece);
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
static int on_restored(struct pf_engine *e, const struct pf_ev_hit *hit, const struct evidence *ev,
		       __u32 seq, __u32 end)
{
	const struct news news = { .conn = hit->conn, .seq = seq, .len = end - seq };

	return (__s32)(end - seq) > 0 ? spread_pieces(e, &news, ev, aim_restored) : 0;
}

/* What was copied for good before it was found is not a part of the store. */
static void aim_store(struct news *news, const struct evidence *ev)
{
	struct pf_answer answer;

	if (judge_byte(ev, news->seq, &answer) != JUDGE_GONE)
		news->learn = learn_store;
}

/* Somebody unknown changed the flight. */
static int on_found(struct pf_engine *e, const struct pf_ev_hit *hit, struct store *store)
{
	struct news news = { .conn = hit->conn, .seq = hit->seq, .len = hit->len, .learn = learn_torn };
	int err = spread(e, &news);

	news.learn = NULL;
	news.event = store;
	return err ? err : spread_pieces(e, &news, store->found, aim_store);
}

/* A write that a hook saw, over what waits. */
static int on_written(struct pf_engine *e, const struct pf_ev_hit *hit)
{
	struct news news = { .conn = hit->conn, .seq = hit->seq, .len = hit->len,
			     .learn = learn_hidden };
	int err = spread(e, &news);

	if (err || !hit_may_mend(hit))
		return err;
	news.seq = hit_first_seq(hit);
	news.len = hit_end_seq(hit) - news.seq;
	news.learn = learn_rewritten;
	return spread(e, &news);
}

/* Cut bytes that both the write and the flight have where the answer may change. */
static int add_part(struct pf_engine *e, struct op *op, const struct pf_ev_hit *hit,
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
		err = add_span(e, op, hit, like);
	}
	return err;
}

/* Bytes that were written as the socket took them are told apart, where they were compared. */
static int add_spans(struct pf_engine *e, struct op *op, const struct pf_ev_hit *hit,
		     struct span *like)
{
	__u32 first = hit_first_seq(hit), end = hit_end_seq(hit);
	struct span meant = *like;
	int err;

	if (!(hit->flags & PF_HIT_COMPARED))
		return add_part(e, op, hit, like, first, end);
	meant.ev.meant = true;
	err = add_part(e, op, hit, &meant, first, hit->seq + hit->diff_from);
	if (!err)
		err = add_part(e, op, hit, like, hit->seq + hit->diff_from, hit->seq + hit->diff_to);
	return err ? err : add_part(e, op, hit, &meant, hit->seq + hit->diff_to, end);
}

/* What a hit tells about those that came before it. */
static int spread_hit(struct pf_engine *e, const struct pf_ev_hit *hit, const struct evidence *ev,
		      struct store *store)
{
	int err = 0;

	if ((__s32)(hit_end_seq(hit) - hit_first_seq(hit)) <= 0)
		return 0;
	if (judge_restores(ev))
		err = on_restored(e, hit, ev, hit->seq, hit->seq + hit->len);
	if (!err && hit->flags & PF_HIT_COMPARED)
		err = on_restored(e, hit, ev, hit_first_seq(hit), hit->seq + hit->diff_from);
	if (!err && hit->flags & PF_HIT_COMPARED)
		err = on_restored(e, hit, ev, hit->seq + hit->diff_to, hit_end_seq(hit));
	if (err || hit->writer.how == PF_WRITE_MMAP)	/* nothing is changed yet */
		return err;
	return hit->writer.how == PF_WRITE_UNKNOWN ? on_found(e, hit, store) : on_written(e, hit);
}

static int on_hit(struct pf_engine *e, const struct pf_ev_hit *hit)
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
			.lost = e->lossy || hit->flags & PF_HIT_LOST,
		},
	};
	struct store store = { .found = &like.ev };
	struct op *op;
	int err;

	err = make_room(e);
	if (!err)
		err = spread_hit(e, hit, &like.ev, &store);
	if (err)
		return err;
	/* A change that is found after the end was made before. */
	if (e->ended && hit->h.ts > e->ended && hit->writer.how != PF_WRITE_UNKNOWN)
		return 0;
	op = pending_get_op(&e->pending, hit->op);	/* now: what was told may have ended it */
	if (!op)
		return -ENOMEM;
	op->hits++;
	op->ts = hit->h.ts;
	if (store.taken)
		return 0;
	like.ev.rewritten = hit->writer.how != PF_WRITE_UNKNOWN && hit_is_over_changes(hit);
	return add_spans(e, op, hit, &like);
}

static int on_op(struct pf_engine *e, const struct pf_ev_op *ev)
{
	struct op *op = pending_find_op(&e->pending, ev->op);
	struct held *held, *next;
	int err = 0;

	if (!op)
		return 0;
	if (TAILQ_EMPTY(&op->held)) {
		pending_drop_op(&e->pending, op);
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
		err = report_complete(e, held);
	}
	return err;
}

static int on_range(struct pf_engine *e, const struct pf_ev_range *ev)
{
	const struct news news = {
		.conn = ev->conn, .seq = ev->seq, .len = ev->len,
		.learn = learn_range, .event = (void *)ev,
	};

	return spread(e, &news);
}

int pf_engine_event(struct pf_engine *e, const struct pf_event *ev)
{
	switch (ev->type) {
	case PF_EV_HIT:
		return on_hit(e, (const struct pf_ev_hit *)ev);
	case PF_EV_OP:
		return on_op(e, (const struct pf_ev_op *)ev);
	case PF_EV_END:
	case PF_EV_RESEND:
	case PF_EV_SENT:
		return on_range(e, (const struct pf_ev_range *)ev);
	}
	return 0;
}

int pf_engine_tick(struct pf_engine *e, __u64 now_ns)
{
	struct op *op;
	int err = 0;

	while (!err && (op = TAILQ_FIRST(&e->pending.by_age))) {
		if (now_ns < op->ts || now_ns - op->ts < e->cfg.settle_ns)
			break;
		op->lost |= !op->done;
		err = report_op(e, op, PF_REASON_UNACKED);
	}
	return err;
}

void pf_engine_lost(struct pf_engine *e)
{
	struct held *held;
	struct span *span;
	struct op *op;

	e->lossy = true;
	TAILQ_FOREACH(op, &e->pending.by_age, entry) {
		TAILQ_FOREACH(held, &op->held, entry) {
			STAILQ_FOREACH(span, &held->spans, entry)
				span->ev.lost |= span->waiting;
			held->lost |= held->n_waiting > 0;
		}
	}
}

void pf_engine_sound(struct pf_engine *e)
{
	e->lossy = false;
}

void pf_engine_end(struct pf_engine *e, __u64 ended_ns)
{
	e->ended = ended_ns;
}

int pf_engine_flush(struct pf_engine *e)
{
	struct op *op;
	int err = 0;

	while (!err && (op = TAILQ_FIRST(&e->pending.by_age))) {
		op->lost |= !op->done;
		err = report_op(e, op, PF_REASON_UNACKED);
	}
	return err;
}

size_t pf_engine_waiting(const struct pf_engine *e)
{
	return e->pending.n_held;
}

__u64 pf_engine_evicted(const struct pf_engine *e)
{
	return e->evicted;
}

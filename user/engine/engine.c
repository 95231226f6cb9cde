// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * engine.c - the interface, and when an incident is reported: its write is
 * complete and none of its spans waits, or it is not waited for any longer.
 */
#include "engine.h"

#include <errno.h>
#include <stdlib.h>

#include "loss.h"
#include "spread.h"

int pf_engine_new(struct pf_engine **ret_engine, const struct pf_engine_config *cfg)
{
	struct pf_engine *e = calloc(1, sizeof(*e));

	if (!e || spans_init(&e->spans)) {
		free(e);
		return -ENOMEM;
	}
	e->cfg = *cfg;
	if (!e->cfg.settle_ns)
		e->cfg.settle_ns = PF_ENGINE_SETTLE_NS;
	if (!e->cfg.max_waiting)
		e->cfg.max_waiting = PF_ENGINE_MAX_WAITING;
	*ret_engine = e;
	return 0;
}

void pf_engine_free(struct pf_engine *e)
{
	if (!e)
		return;
	spans_fini(&e->spans);
	compose_fini(&e->compose);
	free(e);
}

/* Report an incident and forget it. The mark says why spans that wait are not waited for. */
static int report(struct pf_engine *e, struct draft *draft, __u32 mark)
{
	struct pf_incident inc;
	struct span *span;
	int err;

	STAILQ_FOREACH(span, &draft->spans, entry) {
		if (!span->waiting)
			continue;
		evidence_mark(&span->ev, mark);
		judge_byte(&span->ev, span->seq, &span->answer);
	}
	err = compose_incident(&e->compose, draft, &inc);
	if (!err)
		e->cfg.on_incident(e->cfg.ctx, &inc);
	spans_drop_draft(&e->spans, draft);
	return err;
}

static int report_op(struct pf_engine *e, struct op *op)
{
	struct draft *draft;
	int err = 0;

	op->lost |= !op->done;
	while (!err && (draft = TAILQ_FIRST(&op->drafts)))
		err = report(e, draft, PF_MARK_TIMED_OUT);
	if (!err)
		spans_drop_op(&e->spans, op);
	return err;
}

int engine_report_complete(struct pf_engine *e, struct draft *draft)
{
	struct op *op = draft->op;
	int err;

	if (draft->n_waiting || !op->done)
		return 0;
	err = report(e, draft, 0);
	if (!err && TAILQ_EMPTY(&op->drafts))
		spans_drop_op(&e->spans, op);
	return err;
}

int engine_make_room(struct pf_engine *e)
{
	struct spans *s = &e->spans;
	int err = 0;

	while (!err && s->n_spans + s->n_ops >= e->cfg.max_waiting) {
		struct op *op = TAILQ_FIRST(&s->by_age);
		struct draft *draft = TAILQ_FIRST(&op->drafts);

		if (!draft) {
			spans_drop_op(s, op);
			continue;
		}
		e->evicted++;
		op->lost |= !op->done;
		err = report(e, draft, PF_MARK_EVICTED);
	}
	return err;
}

static int on_op(struct pf_engine *e, const struct pf_ev_op *ev)
{
	struct op *op = spans_find_op(&e->spans, ev->op);
	struct draft *draft, *next;
	int err = 0;

	if (!op)
		return 0;
	if (TAILQ_EMPTY(&op->drafts)) {
		spans_drop_op(&e->spans, op);
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
	/* The last incident takes its op with it. */
	for (draft = TAILQ_FIRST(&op->drafts); draft && !err; draft = next) {
		next = TAILQ_NEXT(draft, entry);
		err = engine_report_complete(e, draft);
	}
	return err;
}

static int on_range(struct pf_engine *e, const struct pf_ev_range *ev)
{
	struct news news = {
		.kind = NEWS_RANGE, .conn = ev->conn, .seq = ev->seq, .len = ev->len, .range = ev,
	};

	return spread(e, &news);
}

/* What waits now, and what comes from now on, can not become harmless any more. */
static void weaken(struct pf_engine *e)
{
	struct draft *draft;
	struct span *span;
	struct op *op;

	e->lossy = true;
	TAILQ_FOREACH(op, &e->spans.by_age, entry) {
		TAILQ_FOREACH(draft, &op->drafts, entry) {
			STAILQ_FOREACH(span, &draft->spans, entry)
				evidence_mark(&span->ev, span->waiting ? PF_MARK_LOST : 0);
			draft->lost |= draft->n_waiting > 0;
		}
	}
}

int pf_engine_feed(struct pf_engine *e, const void *data, size_t size)
{
	const struct pf_event *ev;
	enum event_refusal refusal = event_check(data, size, &ev);

	if (refusal != EVENT_OK) {
		e->refusal = refusal;
		e->refused++;
		weaken(e);
		return -EBADMSG;
	}
	switch (ev->type) {
	case PF_EV_HIT:
		return engine_hit(e, (const struct pf_ev_hit *)ev);
	case PF_EV_OP:
		return on_op(e, (const struct pf_ev_op *)ev);
	case PF_EV_END:
	case PF_EV_RESEND:
	case PF_EV_SENT:
	case PF_EV_CUT:
		return on_range(e, (const struct pf_ev_range *)ev);
	case PF_EV_SENDER:
		if (e->cfg.on_sender)
			e->cfg.on_sender(e->cfg.ctx, (const struct pf_ev_sender *)ev);
	}
	return 0;
}

const char *pf_engine_refusal(const struct pf_engine *e)
{
	return e->refused ? event_refusal_text(e->refusal) : NULL;
}

bool pf_engine_totals(struct pf_engine *e, const struct pf_totals *totals)
{
	bool lossy = loss_weakens(&e->totals, totals);

	if (lossy)
		weaken(e);
	e->totals = *totals;
	return lossy;
}

void pf_engine_caught_up(struct pf_engine *e)
{
	e->lossy = false;
}

int pf_engine_tick(struct pf_engine *e, __u64 now_ns)
{
	struct op *op;
	int err = 0;

	while (!err && (op = TAILQ_FIRST(&e->spans.by_age))) {
		if (now_ns < op->ts || now_ns - op->ts < e->cfg.settle_ns)
			break;
		err = report_op(e, op);
	}
	return err;
}

void pf_engine_end(struct pf_engine *e, __u64 ended_ns)
{
	e->ended = ended_ns;
}

int pf_engine_flush(struct pf_engine *e)
{
	struct op *op;
	int err = 0;

	while (!err && (op = TAILQ_FIRST(&e->spans.by_age)))
		err = report_op(e, op);
	return err;
}

size_t pf_engine_waiting(const struct pf_engine *e)
{
	return e->spans.n_drafts;
}

__u64 pf_engine_evicted(const struct pf_engine *e)
{
	return e->evicted;
}

__u64 pf_engine_refused(const struct pf_engine *e)
{
	return e->refused;
}

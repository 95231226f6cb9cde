// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * hit.c - a write touched a flight. First the hit is news for the bytes that wait
 * since an earlier write. Then the bytes of the hit are cut into spans of one answer
 * each. Spans that the state of the socket does not decide wait.
 */
#include <errno.h>

#include "engine.h"
#include "hit_range.h"
#include "seq.h"
#include "spread.h"

/* Part of a range in which judge_byte() gives one answer. */
struct piece {
	__u32 seq;
	__u32 len;
};

#define PIECES_MAX (JUDGE_CUTS_MAX + 1)

static unsigned int cut_up(const struct evidence *ev, __u32 seq, __u32 len,
			   struct piece ret_pieces[PIECES_MAX])
{
	__u32 cuts[PIECES_MAX], at = 0;
	unsigned int n = judge_cuts(ev, seq, len, cuts);

	cuts[n] = len;
	for (unsigned int i = 0; i <= n; i++) {
		ret_pieces[i] = (struct piece){ .seq = seq + at, .len = cuts[i] - at };
		at = cuts[i];
	}
	return n + 1;
}

static __u32 marks_of(enum timing timing)
{
	switch (timing) {
	case IN_TIME:
		return PF_MARK_RESTORED | PF_MARK_MENDED;
	case TOO_LATE:
		return PF_MARK_MENDED;
	case NOT_KNOWN:
		break;
	}
	return PF_MARK_UNSURE;
}

/* These bytes are again what the socket took: those that wait were perhaps put back in time. */
static int spread_restored(struct pf_engine *e, const struct pf_ev_hit *hit,
			   const struct evidence *ev, __u32 seq, __u32 end)
{
	struct news news = { .kind = NEWS_MARKS, .conn = hit->conn };
	struct piece pieces[PIECES_MAX];
	unsigned int n;
	int err = 0;

	if (!seq_before(seq, end))
		return 0;
	n = cut_up(ev, seq, end - seq, pieces);
	for (unsigned int i = 0; i < n && !err; i++) {
		news.seq = pieces[i].seq;
		news.len = pieces[i].len;
		news.marks = marks_of(judge_in_time(ev, news.seq));
		err = spread(e, &news);
	}
	return err;
}

/*
 * Somebody who was not seen changed the flight: a store that was found before was
 * perhaps found half done, and a store that was announced is perhaps this one.
 */
static int spread_found(struct pf_engine *e, const struct pf_ev_hit *hit,
			const struct evidence *ev, bool *ret_taken)
{
	struct news torn = { .kind = NEWS_MARKS, .conn = hit->conn, .seq = hit->seq,
			     .len = hit->len, .marks = PF_MARK_TORN };
	struct news store = { .kind = NEWS_STORE, .conn = hit->conn, .found = ev };
	struct piece pieces[PIECES_MAX];
	unsigned int n = cut_up(ev, hit->seq, hit->len, pieces);
	struct pf_answer answer;
	int err = spread(e, &torn);

	for (unsigned int i = 0; i < n && !err; i++) {
		/* What was copied for good before it was found is not a part of the store. */
		if (judge_byte(ev, pieces[i].seq, &answer) == DECISION_GONE)
			continue;
		store.seq = pieces[i].seq;
		store.len = pieces[i].len;
		err = spread(e, &store);
	}
	*ret_taken = store.taken;
	return err;
}

/* A write that a hook saw, over what waits. */
static int spread_written(struct pf_engine *e, const struct pf_ev_hit *hit)
{
	struct news covered = { .kind = NEWS_MARKS, .conn = hit->conn, .seq = hit->seq,
				.len = hit->len, .marks = PF_MARK_COVERED };
	struct news written = { .kind = NEWS_MARKS, .conn = hit->conn, .seq = hit_first_seq(hit),
				.len = hit_end_seq(hit) - hit_first_seq(hit),
				.marks = PF_MARK_REWRITTEN };
	int err = spread(e, &covered);

	return err || !hit_may_mend(hit) ? err : spread(e, &written);
}

/* What a hit says about the bytes that wait. */
static int spread_hit(struct pf_engine *e, const struct pf_ev_hit *hit,
		      const struct evidence *ev, bool *ret_taken)
{
	int err = 0;

	if (hit_is_empty(hit))
		return 0;
	if (judge_restores(ev))
		err = spread_restored(e, hit, ev, hit->seq, hit->seq + hit->len);
	if (!err && hit->flags & PF_HIT_COMPARED)
		err = spread_restored(e, hit, ev, hit_first_seq(hit),
				      hit_diff_seq(hit, hit->diff_from));
	if (!err && hit->flags & PF_HIT_COMPARED)
		err = spread_restored(e, hit, ev, hit_diff_seq(hit, hit->diff_to),
				      hit_end_seq(hit));
	if (err || hit->writer.how == PF_WRITE_MMAP)	/* nothing is changed yet */
		return err;
	if (hit->writer.how == PF_WRITE_UNKNOWN)
		return spread_found(e, hit, ev, ret_taken);
	return spread_written(e, hit);
}

static int add_span(struct pf_engine *e, struct op *op, const struct pf_ev_hit *hit,
		    struct span *like)
{
	enum decision decision = judge_byte(&like->ev, like->seq, &like->answer);
	struct draft *draft;
	struct span *span;

	if (decision == DECISION_GONE)
		return 0;
	draft = spans_get_draft(&e->spans, op, hit);
	if (!draft)
		return -ENOMEM;
	draft->lost |= marked(&like->ev, PF_MARK_LOST);
	if (decision == DECISION_FINAL && spans_extend(draft, like))
		return 0;
	span = spans_add_span(&e->spans, draft, like);
	if (!span)
		return -ENOMEM;
	if (decision == DECISION_WAIT)
		spans_wait(&e->spans, span);
	return 0;
}

/* Add the bytes [first, end), which both the write and the flight have, if there are any. */
static int add_part(struct pf_engine *e, struct op *op, const struct pf_ev_hit *hit,
		    struct span *like, __u32 first, __u32 end)
{
	struct piece pieces[PIECES_MAX];
	unsigned int n;
	int err = 0;

	if (!seq_before(first, end))
		return 0;
	n = cut_up(&like->ev, first, end - first, pieces);
	for (unsigned int i = 0; i < n && !err; i++) {
		__u32 skip = pieces[i].seq - hit->seq;

		like->seq = pieces[i].seq;
		like->len = pieces[i].len;
		like->file_off = hit->file_off + skip;
		like->stream_off = hit->stream_off + skip;
		err = add_span(e, op, hit, like);
	}
	return err;
}

/* Bytes that were written as the socket took them are told apart, where they were compared. */
static int add_spans(struct pf_engine *e, struct op *op, const struct pf_ev_hit *hit,
		     struct span *like)
{
	__u32 first = hit_first_seq(hit), end = hit_end_seq(hit);
	__u32 diff_from = hit_diff_seq(hit, hit->diff_from);
	__u32 diff_to = hit_diff_seq(hit, hit->diff_to);
	struct span meant = *like;
	int err;

	if (!(hit->flags & PF_HIT_COMPARED))
		return add_part(e, op, hit, like, first, end);
	evidence_mark(&meant.ev, PF_MARK_MEANT);
	err = add_part(e, op, hit, &meant, first, diff_from);
	if (!err)
		err = add_part(e, op, hit, like, diff_from, diff_to);
	return err ? err : add_part(e, op, hit, &meant, diff_to, end);
}

int engine_hit(struct pf_engine *e, const struct pf_ev_hit *hit)
{
	bool unseen = hit->writer.how == PF_WRITE_UNKNOWN, taken = false;
	struct span like = {
		.attached = hit->attached,
		.attached_last = hit->attached,
		.ev = {
			.how = hit->writer.how,
			.flags = hit->flags,
			.before = hit->before,
			.after = hit->after,
			.fp = hit->fp,
			.fp_before = hit->fp_before,
			.fp_after = hit->fp_after,
		},
	};
	struct op *op;
	int err;

	if (e->lossy || hit->flags & PF_HIT_LOST)
		evidence_mark(&like.ev, PF_MARK_LOST);
	err = engine_make_room(e);
	if (!err)
		err = spread_hit(e, hit, &like.ev, &taken);
	if (err)
		return err;
	/* After the end of the run only found changes count: they were made before it. */
	if (e->ended && hit->h.ts > e->ended && !unseen)
		return 0;
	/* Not earlier: the spread may have reported the last draft of the op and dropped it. */
	op = spans_get_op(&e->spans, hit->op);
	if (!op)
		return -ENOMEM;
	op->hits++;
	op->ts = hit->h.ts;
	if (taken)
		return 0;
	if (!unseen && hit_is_over_changes(hit))
		evidence_mark(&like.ev, PF_MARK_REWRITTEN);
	return add_spans(e, op, hit, &like);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* spread.c - see spread.h. */
#include "spread.h"

#include "seq.h"

static void learn_range(struct span *span, const struct pf_ev_range *range)
{
	struct draft *draft = span->draft;

	evidence_range(&span->ev, range);
	draft->lost |= range->h.type == PF_EV_CUT;
	if (range->h.type != PF_EV_RESEND)
		return;
	/* One retransmission is told to several spans. */
	if (draft->resent_ts != range->h.ts)
		draft->resends++;
	draft->resent_ts = range->h.ts;
}

static void learn(struct span *span, struct news *news)
{
	switch (news->kind) {
	case NEWS_MARKS:
		evidence_mark(&span->ev, news->marks);
		break;
	case NEWS_RANGE:
		learn_range(span, news->range);
		break;
	case NEWS_STORE:
		if (!evidence_store(&span->ev, news->found))
			break;
		span->draft->lost |= marked(&span->ev, PF_MARK_LOST);
		news->taken = true;
		break;
	}
}

static bool overlaps(const struct span *span, __u32 seq, __u32 len)
{
	return seq_before(seq, span->seq + span->len) && seq_before(span->seq, seq + len);
}

static int tell(struct pf_engine *e, struct span *span, struct news *news)
{
	struct draft *draft = span->draft;
	int err;

	err = spans_isolate(&e->spans, span, news->seq, news->len);
	if (err)
		return err;
	learn(span, news);
	if (judge_byte(&span->ev, span->seq, &span->answer) == DECISION_WAIT)
		return 0;
	spans_settled(span);
	return engine_report_complete(e, draft);
}

/*
 * The spans are told oldest first. `next` survives tell(): the parts that it splits
 * off are appended and do not overlap the news, and the spans of a reported
 * incident are all unlinked.
 */
int spread(struct pf_engine *e, struct news *news)
{
	__u32 first = news->seq >> SPANS_WINDOW_SHIFT;
	__u32 n = ((news->seq & (SPANS_LEN_MAX - 1)) + news->len - 1) >> SPANS_WINDOW_SHIFT;
	struct span_link *link, *next;
	int err = 0;

	for (__u32 i = 0; i <= n && !err; i++) {
		__u32 at = (first + i) << SPANS_WINDOW_SHIFT;

		link = TAILQ_FIRST(spans_window(&e->spans, news->conn, at));
		for (; link && !err; link = next) {
			struct span *span = link->span;

			/* The span's link in a second window may share this list. */
			next = TAILQ_NEXT(link, entry);
			while (next && next->span == span)
				next = TAILQ_NEXT(next, entry);
			if (span->draft->first.conn == news->conn &&
			    overlaps(span, news->seq, news->len))
				err = tell(e, span, news);
		}
	}
	return err;
}

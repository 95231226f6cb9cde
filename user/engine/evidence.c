// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* learn.c - see learn.h. */
#include "evidence.h"

void learn_range(struct span *span, void *event)
{
	const struct pf_ev_range *ev = event;
	struct held *held = span->held;

	switch (ev->h.type) {
	case PF_EV_RESEND:
		span->ev.resent |= !span->ev.mended;
		span->ev.resent_mended |= span->ev.mended;
		if (held->resent_ts != ev->h.ts)
			held->resends++;
		held->resent_ts = ev->h.ts;
		break;
	case PF_EV_SENT:
		if (ev->fp)
			span->ev.sent |= span->ev.mended ? SENT_MEANT : judge_sent(&span->ev, ev->fp);
		else	/* it changed between the copy and the look */
			span->ev.torn = true;
		break;
	case PF_EV_END:
		span->ev.end = ev->why;
		span->ev.looked_at_end = ev->fp;
		break;
	}
}

void learn_store(struct span *span, void *event)
{
	struct store *store = event;
	struct evidence *ev = &span->ev;
	bool lost = ev->lost;

	if (ev->how != PF_WRITE_MMAP || ev->stored)
		return;
	*ev = *store->found;
	ev->how = PF_WRITE_MMAP;
	ev->stored = true;
	ev->lost |= lost;
	span->held->lost |= ev->lost;
	store->taken = true;
}

void learn_torn(struct span *span, void *event)
{
	const struct evidence *ev = &span->ev;

	(void)event;
	if (ev->how == PF_WRITE_UNKNOWN || ev->stored)
		span->ev.torn = true;
}

void learn_restored(struct span *span, void *event)
{
	(void)event;
	span->ev.restored = true;
	span->ev.mended = true;
}

void learn_mended(struct span *span, void *event)
{
	(void)event;
	span->ev.mended = true;
}

void learn_unsure(struct span *span, void *event)
{
	(void)event;
	span->ev.unsure = true;
}

void learn_rewritten(struct span *span, void *event)
{
	(void)event;
	span->ev.rewritten = true;
}

void learn_hidden(struct span *span, void *event)
{
	if (span->ev.how == PF_WRITE_MMAP && !span->ev.stored)
		learn_rewritten(span, event);
}

static __u64 end_of(__u64 pos, __u64 count)
{
	return count > (__u64)-1 - pos ? (__u64)-1 : pos + count;
}

__u32 hit_first_seq(const struct pf_ev_hit *hit)
{
	return hit->seq + (hit->pos > hit->file_off ? hit->pos - hit->file_off : 0);
}

__u32 hit_end_seq(const struct pf_ev_hit *hit)
{
	__u64 write_end = end_of(hit->pos, hit->count);

	if (write_end >= end_of(hit->file_off, hit->len))
		return hit->seq + hit->len;
	return hit->seq + (write_end > hit->file_off ? write_end - hit->file_off : 0);
}

bool hit_is_over_changes(const struct pf_ev_hit *hit)
{
	if (hit_end_seq(hit) - hit_first_seq(hit) == hit->len)
		return false;
	return !(hit->flags & PF_HIT_COMPARED) && hit->fp_before &&
	       hit->fp_before != hit->fp;
}

bool hit_may_mend(const struct pf_ev_hit *hit)
{
	return hit->fp && (!hit->fp_before || hit_is_over_changes(hit));
}

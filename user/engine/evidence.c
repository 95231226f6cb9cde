// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* evidence.c - see evidence.h. */
#include "evidence.h"

void evidence_mark(struct evidence *ev, __u32 marks)
{
	/* Only what was found can have been found half done. */
	if (!evidence_is_unseen(ev))
		marks &= ~PF_MARK_TORN;
	if (!evidence_awaits_store(ev))
		marks &= ~PF_MARK_COVERED;
	ev->marks |= marks;
}

__u32 evidence_of_copy(const struct evidence *ev, __u64 fp)
{
	if (!fp)
		return 0;
	if (fp == ev->fp)
		return PF_MARK_COPIED_MEANT;
	if (fp == ev->fp_after)
		return PF_MARK_COPIED_AFTER;
	return fp == ev->fp_before ? PF_MARK_COPIED_BEFORE : PF_MARK_COPIED_OTHER;
}

static __u32 marks_of_copy(const struct evidence *ev, __u64 fp)
{
	if (!fp)
		return PF_MARK_BLURRED;
	return marked(ev, PF_MARK_MENDED) ? PF_MARK_COPIED_MEANT : evidence_of_copy(ev, fp);
}

void evidence_range(struct evidence *ev, const struct pf_ev_range *range)
{
	switch (range->h.type) {
	case PF_EV_RESEND:
		evidence_mark(ev, marked(ev, PF_MARK_MENDED) ? PF_MARK_RESENT_MENDED :
			      PF_MARK_RESENT);
		break;
	case PF_EV_SENT:
		evidence_mark(ev, marks_of_copy(ev, range->fp));
		break;
	case PF_EV_CUT:
		evidence_mark(ev, PF_MARK_LOST);
		break;
	case PF_EV_END:
		ev->end = range->why;
		ev->ended = range->h.ts;
		ev->marks &= ~PF_MARK_END_SEEN;
		evidence_mark(ev, range->fp ? PF_MARK_END_SEEN : 0);
		break;
	}
}

bool evidence_store(struct evidence *ev, const struct evidence *found)
{
	__u32 lost = ev->marks & PF_MARK_LOST;

	if (!evidence_awaits_store(ev))
		return false;
	*ev = *found;
	ev->how = PF_WRITE_MMAP;
	ev->marks |= lost | PF_MARK_STORED;
	return true;
}

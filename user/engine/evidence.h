/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * evidence - what is known of some bytes that a write hit: what the record of
 * the hit says, and marks for what was learned later. Pure data; judge.c makes
 * verdicts of it.
 */
#ifndef PAGEFLIGHT_EVIDENCE_H
#define PAGEFLIGHT_EVIDENCE_H

#include "pageflight.h"

struct evidence {
	__u32 how;			/* PF_WRITE_* */
	__u32 flags;			/* PF_HIT_* */
	struct pf_progress before;	/* not valid with PF_HIT_NO_BEFORE */
	struct pf_progress after;
	/* Fingerprints of the flight, as in pf_ev_hit; 0: none. */
	__u64 fp;
	__u64 fp_before;
	__u64 fp_after;
	__u64 ended;			/* when the end of their flights was seen, or 0 */
	__u32 end;			/* PF_END_* seen since, or 0 */
	__u32 marks;			/* PF_MARK_* */
};

static inline bool marked(const struct evidence *ev, __u32 marks)
{
	return ev->marks & marks;
}

/* Is it a change found by fingerprints, some time after it was made? */
static inline bool evidence_is_unseen(const struct evidence *ev)
{
	return ev->how == PF_WRITE_UNKNOWN || marked(ev, PF_MARK_STORED);
}

/* Did a page fault announce a store that is not found yet? */
static inline bool evidence_awaits_store(const struct evidence *ev)
{
	return ev->how == PF_WRITE_MMAP && !marked(ev, PF_MARK_STORED);
}

/* Set those of the marks that say something about this evidence. */
void evidence_mark(struct evidence *ev, __u32 marks);

/* Take what happened to all of the bytes: a retransmission, a copy, the end of their flight. */
void evidence_range(struct evidence *ev, const struct pf_ev_range *range);

/*
 * Take a change that was found for the store that was announced. What was learned
 * before says nothing about it. False if no store is awaited.
 */
bool evidence_store(struct evidence *ev, const struct evidence *found);

/* Classify the fingerprint of a later copy as one mark PF_MARK_COPIED_*; 0 if it is not known. */
__u32 evidence_of_copy(const struct evidence *ev, __u64 fp);

#endif

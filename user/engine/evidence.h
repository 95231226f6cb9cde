/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * learn - what a span that waits makes of an event about all of its bytes, and
 * what a hit says about those that came before it. Pure.
 */
#ifndef PAGEFLIGHT_LEARN_H
#define PAGEFLIGHT_LEARN_H

#include "spans.h"

/* event: struct pf_ev_range. */
void learn_range(struct span *span, void *event);

/*
 * event: struct store. A store that was announced by a fault is found: it is
 * the one that the span waited for. What was learned before says nothing about it.
 */
void learn_store(struct span *span, void *event);

struct store {
	const struct evidence *found;
	bool taken;		/* by at least one span */
};

/*
 * None of the others needs an event.
 *
 * torn: a store takes its time. If what was found changes again, it was perhaps
 * under way then.
 * restored, mended, unsure: the bytes are as the socket took them again: before
 * any copy, behind all so far, or nobody knows.
 * rewritten: another write may have made some of them right again.
 * hidden: a store that is not found yet may be made during a write that a hook
 * sees, and pass for a part of it.
 */
void learn_torn(struct span *span, void *event);
void learn_restored(struct span *span, void *event);
void learn_mended(struct span *span, void *event);
void learn_unsure(struct span *span, void *event);
void learn_rewritten(struct span *span, void *event);
void learn_hidden(struct span *span, void *event);

/* What both the write and the flight have, as sequence numbers; empty if end is not behind first. */
__u32 hit_first_seq(const struct pf_ev_hit *hit);
__u32 hit_end_seq(const struct pf_ev_hit *hit);

/*
 * Is it a write to part of a flight that had been changed before, and whose
 * bytes at first are not kept? Then nobody can tell whether it made some of
 * them right again.
 */
bool hit_is_over_changes(const struct pf_ev_hit *hit);

/* May some of what waits be right again after this write? */
bool hit_may_mend(const struct pf_ev_hit *hit);

#endif

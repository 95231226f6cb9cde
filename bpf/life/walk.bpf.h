/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * walk.bpf.h - the two walks of a write along the chains of the index: before the bytes
 * change, and after.
 *
 * The walks themselves are global functions. So the verifier looks at them with nothing known
 * of *k and *w, instead of once for each combination of values that a program may have left
 * there.
 */
#ifndef PF_WALK_BPF_H
#define PF_WALK_BPF_H

#include "base/count.bpf.h"
#include "flight/progress.bpf.h"
#include "content/due.bpf.h"
#include "content/look.bpf.h"

#define WALK_STEPS (1 << 17)	/* chains and flights that one pass visits */
#define WALK_RESTARTS 64
#define WALK_GROUPS (1 << 16)	/* 1 GiB of one write */

struct walk {
	struct unseen u;	/* changes before this write */
	struct copy_bounds bounds;
	__u64 lo, hi;		/* bytes [lo, hi) of the file change */
	__u64 group, last;	/* groups of pages to visit */
	__u32 bucket;		/* number of the current chain */
	__u32 at;		/* flight to visit next; 0: go to the next chain */
	__u32 done;		/* all chains were visited */
	__u32 hits;		/* flights that were marked */
	__u64 entered;		/* the group that was begun last */
};

/* Mark the flights in the way of a write with where their connections stand. */
int walk_before(struct walk *k, struct pf_write *w);

/* Report those that are marked. */
int walk_after(struct walk *k, struct pf_write *w);

static __always_inline void walk(struct pf_write *w, int after)
{
	struct walk k = {
		.lo = w->pos,
		.hi = w->pos + w->count,
		.entered = -1,
	};
	int cut = 0;

	if (!w->count)
		return;
	w->toll_passed = 0;
	__builtin_memset(w->seen, 0, sizeof(w->seen));
	k.group = w->pos >> (cfg.page_shift + PF_GROUP_SHIFT);
	k.last = (k.hi - 1) >> (cfg.page_shift + PF_GROUP_SHIFT);
	if (k.last - k.group >= WALK_GROUPS) {
		count(PF_C_range_cut, (k.last - k.group - WALK_GROUPS + 1) << PF_GROUP_SHIFT);
		k.last = k.group + WALK_GROUPS - 1;
		cut = 1;
	}
	if (after)
		walk_after(&k, w);
	else
		walk_before(&k, w);
	look_end(&k.u);
	if (!k.done)
		count(PF_C_walk_cut, 1);
	/* What was not visited may be overwritten now. */
	if (!after && (cut || !k.done || w->restarts > WALK_RESTARTS))
		file_due_all(w->mapping);
}

#endif

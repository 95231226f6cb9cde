/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hit.bpf.h - the report of a flight whose bytes were changed, with where its
 * connection stood then.
 *
 * These are global functions: the verifier looks at each once, and not once
 * for every way to it.
 */
#ifndef PF_HIT_BPF_H
#define PF_HIT_BPF_H

#include "flight/index.bpf.h"

/* Report flight n for a write; with fingerprints of it from before and after, or 0. */
int hit_report(__u32 n, struct pf_write *w, __u32 flags, __u64 before, __u64 after);

/* Changes by somebody unknown that one event finds: one write of theirs, as far as we know. */
struct unseen {
	__u64 op;		/* 0: none yet */
	__u64 inode;		/* 0: of no file */
	__u32 hits;
	__u32 read_after;	/* pf_ev_hit.after.read, where that means something */
};

/* The same for what nobody is known to have written; `unseen` is its record so far. */
int hit_report_unseen(__u32 n, struct unseen *u, struct pf_progress *at, __u64 before, __u64 after);

/* Flight n ends while writes to it are under way, which only we can still report. */
int hit_unfinished(__u32 n);

/*
 * Report a flight for the write that marked it, once: the writer's own walk
 * and the end of the flight may both come to it.
 */
static __always_inline int hit_claim(struct pf_flight *f, struct pf_conn *c, __u32 op)
{
	__u32 old = f->hit_op;

	if (old == op || __sync_val_compare_and_swap(&f->hit_op, old, op) != old)
		return 0;
	if (!old)	/* taken off once, when the flight ends */
		__sync_fetch_and_add(&c->hits, 1);
	return 1;
}

#endif

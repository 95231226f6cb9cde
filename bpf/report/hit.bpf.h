/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hit.bpf.h - the report of a flight whose bytes were changed, and of how far its
 * connection had come then.
 *
 * These are global functions, so that the verifier looks at each once, and not once for
 * every way to it.
 */
#ifndef PF_HIT_BPF_H
#define PF_HIT_BPF_H

#include "flight/index.bpf.h"

/*
 * A flight and its connection. The flight loses it as it ends, which can be between the claim
 * of a report and the report.
 */
static __always_inline __u64 hit_at(__u32 n, __u32 slot)
{
	return (__u64)slot << 32 | n;
}

/* Report a flight for a write. before and after are fingerprints, or 0 if not known. */
int hit_report(__u64 at, struct pf_write *w, __u32 flags, __u64 before, __u64 after);

/* Changes by somebody unknown that one event finds. They are reported as one write. */
struct unseen {
	__u64 op;		/* 0: none was found yet */
	__u64 inode;		/* 0: the page is of no file */
	__u32 hits;
	__u32 flags;		/* PF_OP_UNKNOWN: it was found in a page that was not at risk */
	__u32 pad;
	__u32 read_after;	/* pf_ev_hit.after.read */
};

/* Report flight n for a change by somebody unknown, as one more hit of *u. */
int hit_report_unseen(__u32 n, struct unseen *u, struct pf_progress *at, __u64 before, __u64 after);

/* Flight n ends while writes to it are under way. Report it for them: they cannot any more. */
int hit_unfinished(__u32 n);

/*
 * Claim the report of a flight for a write; 0 if somebody else has it. The walk of the
 * writer and the end of the flight may both want it.
 */
static __always_inline int hit_claim(struct pf_flight *f, struct pf_conn *c, __u32 op)
{
	__u32 old = f->hit_op;

	if (old == op || __sync_val_compare_and_swap(&f->hit_op, old, op) != old)
		return 0;
	if (!old)	/* flight_over() takes it off once */
		__sync_fetch_and_add(&c->hits, 1);
	return 1;
}

#endif

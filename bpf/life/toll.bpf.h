/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * toll.bpf.h - what the flights of each user may cost a writer: some tokens for each page that
 * it writes, and then those that the user has. A flight that nobody pays for leaves the index.
 */
#ifndef PF_TOLL_BPF_H
#define PF_TOLL_BPF_H

#include "flight/conn.bpf.h"
#include "report/cut.bpf.h"
#include "content/due.bpf.h"

#define TOLL_FREE 64		/* tokens of each user for each page of each write */
#define TOLL_PASSED 32		/* flights of other bytes that one walk passes for nothing */

/*
 * These are global functions, so that the verifier does not follow the rest of a walk once for
 * each way through them.
 */

/* May the flights of a user cost the writer this much more? */
int toll_pay(struct pf_write *w, __u32 owner, __u32 cost);

/*
 * No write walks past flight n again. If it has a fingerprint, or `seen` is what its bytes have
 * now, a change can still be found as it is read or ends.
 */
int toll_give_up(__u32 n, __u64 seen);

/* A walk has come to the next group of pages. */
static __always_inline void toll_group(struct pf_write *w, __u64 group, __u64 lo, __u64 hi)
{
	__u64 first = lo >> cfg.page_shift, last = (hi - 1) >> cfg.page_shift;
	__u64 from = group << PF_GROUP_SHIFT, to = from + (1 << PF_GROUP_SHIFT) - 1;

	first = first > from ? first : from;
	last = last < to ? last : to;
	w->toll_free = (last - first + 1) * TOLL_FREE;
	__builtin_memset(w->toll, 0, sizeof(w->toll));
}

/* seen: the fingerprint of these bytes is known. One that waits is still to be taken. */
static __always_inline __u32 toll_of_hit(const struct pf_flight *f, int seen)
{
	__u32 cost = COST_HIT;

	if (f->fp && !seen)
		cost += 2 * COST_LOOK(flight_len(f));	/* before and after */
	if (f->orig)
		cost += COST_ORIGINAL(flight_len(f));
	return cost;
}

/* The walk passes a flight of other bytes. */
static __always_inline void toll_pass(struct pf_write *w, __u32 n, const struct pf_flight *f)
{
	struct pf_conn *c;

	if (w->toll_passed++ < TOLL_PASSED)
		return;
	c = conn_at(f->conn);
	if (c && !toll_pay(w, c->owner, COST_PASS))
		toll_give_up(n, 0);
}

#endif

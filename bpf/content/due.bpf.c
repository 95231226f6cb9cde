// SPDX-License-Identifier: GPL-2.0-only
/* due.bpf.c - see due.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/conn.bpf.h"
#include "report/cut.bpf.h"
#include "due.bpf.h"
#include "fingerprint.bpf.h"

#define DUE_STEPS (1 << 17)	/* chains and flights that one call visits */
#define DUE_RESTARTS 64
#define DUE_GROUPS (1 << 16)
#define DUE_POOL (1 << 23)	/* as many as bpf_loop() allows */

/* A flight is about to get its fingerprint. */
static __always_inline void conn_gets_fp(struct pf_conn *c, const struct pf_flight *f)
{
	conn_fp_reaches(c, f->seq + flight_len(f));
	if (!(c->watch & WATCH_FP))
		conn_watch(f->conn, WATCH_FP);
}

/*
 * Several may do this at once, each in front of a change of his own. So the first result
 * stands: when it came to stand, none of them had gone on to his change. The connection is
 * told before, since whoever finds the fingerprint taken goes on at once.
 */
__noinline int fp_due(__u32 n)
{
	struct pf_flight *f = flight_of(n);
	__u64 waiting, fp;
	struct pf_conn *c;

	if (!f)
		return 0;
	waiting = f->fp;
	if (!fp_waits(waiting))
		return 0;
	c = conn_at(f->conn);
	if (c)
		conn_gets_fp(c, f);
	fp = flight_fp(f);
	__sync_val_compare_and_swap(&f->fp, waiting, fp);
	return 1;
}

__noinline int fp_give(__u32 n, __u64 fp)
{
	struct pf_flight *f = flight_of(n);
	__u64 waiting;
	struct pf_conn *c;

	if (!f)
		return 0;
	waiting = f->fp;
	if (!fp_waits(waiting))
		return 0;
	c = conn_at(f->conn);
	if (c && fp)
		conn_gets_fp(c, f);
	__sync_val_compare_and_swap(&f->fp, waiting, fp);
	return fp != 0;
}

/*
 * The same for whoever is not about to change this flight: its user pays for that. If he can
 * not, its fingerprint is never known, and what is said of its connection is weaker.
 */
static __noinline int fp_due_paid(__u32 n)
{
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;

	if (!f || !fp_waits(f->fp))
		return 0;
	if (!c || owner_spend(c->owner, COST_MAPPED(flight_len(f)), bpf_ktime_get_ns()))
		return fp_due(n);
	fp_give(n, 0);
	owner_refused(c->owner, PF_C_look_cut, 1);
	conn_cut(f->conn, f->seq);
	return 0;
}

struct due {
	__u64 mapping;
	__u64 group, last;	/* groups of pages to visit */
	__u32 bucket;		/* number of the current chain */
	__u32 at;		/* flight to visit next; 0: go to the next chain */
	__u32 restarts;
	__u32 done;		/* all chains were visited */
};

/* Take one step along the chains, as walk_step() does in life/overwrite.bpf.h. */
static int on_due_step(__u32 i, struct due *d)
{
	struct pf_flight *f;
	struct pf_bucket *b;
	__u32 at, next;

	if (!d->at) {
		if (d->group > d->last) {
			d->done = 1;
			return 1;
		}
		at = d->bucket = index_hash(d->mapping, d->group++);
		b = bpf_map_lookup_elem(&buckets, &at);
		if (!b)
			return 1;
		d->at = b->head;
		return 0;
	}
	f = flight_of(d->at);
	if (!f)
		return 1;
	next = *(volatile __u32 *)&f->hnext;	/* first: it is another chain's once f has left */
	if (*(volatile __u32 *)&f->hprev == PF_UNLINKED || flight_bucket(f) != d->bucket) {
		d->at = 0;
		d->group--;
		return ++d->restarts > DUE_RESTARTS;
	}
	if (f->mapping == d->mapping)
		fp_due_paid(d->at);
	d->at = next;
	return 0;
}

struct scan {
	__u64 mapping;
	__u32 fresh;
	__u32 pad;
};

static int on_scan(__u32 i, struct scan *s)
{
	struct pf_flight *f = flight_of(i + 1);

	if (!f || i >= s->fresh)
		return 1;
	if (f->mapping == s->mapping && f->hprev != PF_UNLINKED)
		fp_due_paid(i + 1);
	return 0;
}

__noinline int file_due_all(__u64 mapping)
{
	struct scan s = { .mapping = mapping };
	__u32 zero = 0;
	struct pf_free *p = bpf_map_lookup_elem(&free_flights, &zero);

	if (!p || !pf_lazy)
		return 0;
	s.fresh = p->fresh;
	bpf_loop(DUE_POOL, on_scan, &s, 0);
	return 0;
}

__noinline int file_due(__u64 mapping, __u64 from, __u64 to)
{
	struct due d = { .mapping = mapping };

	if (!pf_lazy || from >= to)
		return 0;
	d.at = d.restarts = d.done = pf_zero;
	d.group = from >> PF_GROUP_SHIFT;
	d.last = (to - 1) >> PF_GROUP_SHIFT;
	if (d.last - d.group < DUE_GROUPS)
		bpf_loop(DUE_STEPS, on_due_step, &d, 0);
	if (!d.done)
		file_due_all(mapping);
	return 0;
}

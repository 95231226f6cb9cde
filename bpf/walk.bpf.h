/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * walk.bpf.h - the flights in the way of a write, found by their place in the
 * file: marked as the write begins, reported when it is complete.
 *
 * A flight counts only if its page still is the file's page at that place:
 * truncate-and-rewrite, O_DIRECT and rename leave the page in flight alone.
 */
#ifndef PF_WALK_BPF_H
#define PF_WALK_BPF_H

#include "flight.bpf.h"

#define WALK_STEPS (1 << 17)	/* chains and flights looked at by one pass */
#define WALK_RESTARTS 64
#define WALK_GROUPS (1 << 16)	/* 1 GiB of one write */

struct walk {
	struct pf_write *w;
	__u64 lo, hi;		/* bytes of the file changed */
	__u64 group, last;	/* chains to look at */
	__u32 bucket;		/* 1 + the chain's number */
	__u32 at;		/* flight to look at next; 0: the next chain */
	__u32 done;
	__u32 pad;
};

static __always_inline int page_still_there(const struct pf_flight *f, __u64 folio)
{
	struct page_id id;

	page_identify(f->page, &id);
	return id.mapping == f->mapping && id.index == f->index && (!folio || id.head == folio);
}

/* Could a local reader still get this flight from its queue, or a remote one at all? */
static __always_inline int flight_open(const struct pf_flight *f, const struct pf_conn *c)
{
	__u32 end = f->seq + f->len;

	if ((c->flags & PF_CONN_ORPHAN) && !seq_after(c->una, f->seq))
		return 0;	/* never transmitted, and never will be */
	return !(c->flags & PF_CONN_LOCAL) || seq_after(end, c->read);
}

static __always_inline void visit_before(struct walk *k, struct pf_flight *f)
{
	struct pf_conn *c = conn_at(f->conn);

	if (!c || !flight_open(f, c) || !page_still_there(f, k->w->folio))
		return;
	/* The older mark is lost. Its write still finds the flight, or the flight it. */
	if (f->op != f->hit_op)
		f->crowded = 1;
	conn_progress(c, f, &f->before, 0);
	f->write_tid = k->w->writer.tid;
	f->op = (__u32)k->w->op;
}

/*
 * Truncate and hole punch zero some bytes twice, once in the file system and
 * once in the page cache. Zero over zero is no change.
 */
static __always_inline int zeroed_again(const struct walk *k, struct pf_flight *f)
{
	__u64 from = flight_file_off(f), to = from + f->len;
	__u32 at, end;

	if (k->w->writer.how != PF_WRITE_TRUNCATE && k->w->writer.how != PF_WRITE_PUNCH) {
		f->zero_len = 0;
		return 0;
	}
	at = k->lo > from ? k->lo - from : 0;
	end = (k->hi < to ? k->hi : to) - from;
	if (f->zero_len && at >= f->zero_at && end <= (__u32)f->zero_at + f->zero_len)
		return 1;
	f->zero_at = at;
	f->zero_len = end - at;
	return 0;
}

static __always_inline void visit_after(struct walk *k, struct pf_flight *f)
{
	__u32 op = (__u32)k->w->op, flags = 0, first;
	struct pf_conn *c = conn_at(f->conn);

	if (!c)
		return;
	if (f->op != op) {
		/*
		 * Attached while the write ran; or another write put its mark over
		 * ours, which file systems that lock inside of the hooked function
		 * and page faults allow. Otherwise it was not in the way.
		 */
		if ((!f->crowded && f->attached < k->w->began) ||
		    !page_still_there(f, k->w->folio))
			return;
		flags = PF_HIT_NO_BEFORE;
	}
	first = !f->hit_op;
	if (zeroed_again(k, f) || !hit_claim(f, op))
		return;
	if (first)	/* taken off once, when the flight ends */
		__sync_fetch_and_add(&c->hits, 1);
	__sync_fetch_and_add(&k->w->hits, 1);
	emit_hit(f, c, k->w, flags);
}

/*
 * One step along the chains of a range, without their locks: a flight that has
 * left its chain under us is recognised, and the chain begun again.
 */
static __always_inline int walk_step(struct walk *k, int after)
{
	void *base = pool();
	struct pf_flight *f;
	struct pf_bucket *b;
	__u32 at;

	if (!base)
		return 1;
	if (!k->at) {
		if (k->group > k->last) {
			k->done = 1;
			return 1;
		}
		at = index_hash(k->w->mapping, k->group++);
		b = bpf_map_lookup_elem(&buckets, &at);
		if (!b)
			return 1;
		k->bucket = at + 1;
		k->at = b->head;
		return 0;
	}
	f = flight_at(base, k->at);
	if (f->bucket != k->bucket) {
		k->at = 0;
		if (++k->w->restarts > WALK_RESTARTS)
			count(PF_C_walk_cut, 1);
		else
			k->group--;
		return 0;
	}
	k->at = f->hnext;
	if (!flight_in(f, k->w->mapping, k->lo, k->hi))
		return 0;
	if (after)
		visit_after(k, f);
	else
		visit_before(k, f);
	return 0;
}

static int on_walk_before(__u32 i, struct walk *k)
{
	return walk_step(k, 0);
}

static int on_walk_after(__u32 i, struct walk *k)
{
	return walk_step(k, 1);
}

static __always_inline void walk(struct pf_write *w, int after)
{
	struct walk k = {
		.w = w,
		.lo = w->pos,
		.hi = w->pos + w->count,
		.at = pf_zero,
	};

	if (!w->count)
		return;
	k.group = w->pos >> (cfg.page_shift + PF_GROUP_SHIFT);
	k.last = (k.hi - 1) >> (cfg.page_shift + PF_GROUP_SHIFT);
	if (k.last - k.group >= WALK_GROUPS) {
		count(PF_C_range_cut, (k.last - k.group - WALK_GROUPS + 1) << PF_GROUP_SHIFT);
		k.last = k.group + WALK_GROUPS - 1;
	}
	if (after)
		bpf_loop(WALK_STEPS, on_walk_after, &k, 0);
	else
		bpf_loop(WALK_STEPS, on_walk_before, &k, 0);
	if (!k.done)
		count(PF_C_walk_cut, 1);
}

#endif

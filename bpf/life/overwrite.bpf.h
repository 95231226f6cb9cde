/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * overwrite.bpf.h - the flights in the way of a write, found by their place in the file.
 * They are marked when the write begins, and reported when it is complete.
 *
 * A flight counts only if its page is still the page of the file at that offset: truncate
 * and rewrite, O_DIRECT and rename do not change the page in flight.
 */
#ifndef PF_OVERWRITE_BPF_H
#define PF_OVERWRITE_BPF_H

#include "flight/conn.bpf.h"
#include "flight/original.bpf.h"
#include "content/due.bpf.h"
#include "content/fingerprint.bpf.h"
#include "content/look.bpf.h"
#include "toll.bpf.h"
#include "walk.bpf.h"

#define PF_SEEN (1 << PF_GROUP_SHIFT)

/* What a callback has: the walk, and the write that walks. */
struct stride {
	struct walk *k;
	struct pf_write *w;
};

/* Can a reader still get the bytes of this flight? */
static __always_inline int flight_open(const struct pf_flight *f, const struct pf_conn *c)
{
	__u32 end = f->seq + flight_len(f);

	if ((c->flags & PF_CONN_ORPHAN) && !seq_after(c->nxt, f->seq))
		return 0;	/* it was not transmitted and will not be */
	if (!flight_local(f, c))
		return 1;
	if (flight_piped(f, c))
		return seq_after(end, c->read);
	if (c->pipe && c->flags & PF_CONN_GONE)
		return 0;	/* it was in the queue of the reader, which is gone */
	return seq_after(end, c->taken);
}

/* The fingerprint that a walk has seen these bytes have: many sockets may have the same. */
static __always_inline __u64 seen_fp(const struct pf_write *w, const struct pf_flight *f)
{
	const struct pf_seen *s = &w->seen[f->index & (PF_SEEN - 1)];

	return s->page == f->page && s->off == f->off && s->len_1 == f->len_1 ? s->fp : 0;
}

/* Need the bytes of a flight not be looked at again, since `seen` tells what they are? */
static __always_inline int seen_before(const struct pf_flight *f, __u64 seen)
{
	return seen && (fp_waits(f->fp) || seen == flight_last(f));
}

static __always_inline void seen_note(struct pf_write *w, const struct pf_flight *f, __u64 fp)
{
	struct pf_seen *s = &w->seen[f->index & (PF_SEEN - 1)];

	s->page = f->page;
	s->off = f->off;
	s->len_1 = f->len_1;
	s->fp = fp;
}

static __always_inline void visit_before(struct walk *k, struct pf_write *w, __u32 n,
					 struct pf_flight *f)
{
	struct pf_conn *c = conn_at(f->conn);
	__u64 seen;

	if (!c || f->op == (__u32)w->op || !flight_open(f, c) || !flight_there(n, w->folio))
		return;
	seen = seen_fp(w, f);
	if (!toll_pay(w, c->owner, toll_of_hit(f, seen_before(f, seen)))) {
		toll_give_up(n, seen);
		return;
	}
	if (!hit_allowed(c, f, k->hits)) {
		fp_give(n, seen);
		return;
	}
	k->hits++;
	if (c->flags & PF_CONN_ASK)
		conn_probe(f->conn);
	/* When an unseen change was made is not known, so the bounds are those of now. */
	copy_bounds_now(&k->bounds, f, c);
	if ((seen ? fp_give(n, seen) : fp_due(n)) || look_at_flight(n, &k->u, &k->bounds, seen)) {
		seen_note(w, f, flight_last(f));
		orig_keep(n, c->owner);
	}
	/*
	 * We overwrite the mark of a write that is still under way; `crowded` tells its end
	 * to find the flight by its range.
	 */
	if (f->op != f->hit_op)
		f->crowded = 1;
	progress_of(&f->before, f, c, 0);
	f->before.in_host = flight_in_host(n);
	f->write_tid = w->writer.tid;
	f->op = (__u32)w->op;
}

/* The bytes of a flight that a write changes. */
static __always_inline void part_of(const struct walk *k, const struct pf_flight *f,
				    struct byte_range *part)
{
	__u64 start = flight_file_off(f), len = flight_len(f);

	part->from = k->lo > start ? k->lo - start : 0;
	part->to = k->hi < start + len ? k->hi - start : len;
}

/*
 * Truncate and hole punch zero some bytes twice: once in the file system, once in the page
 * cache. The second time changes nothing. Take what is zero already off the begin of the
 * part that a write changes.
 */
static __always_inline void leave_out_zeros(const struct pf_write *w, struct pf_flight *f,
					    struct byte_range *part)
{
	__u32 at = part->from, end = part->to;

	if (w->writer.how != PF_WRITE_TRUNCATE && w->writer.how != PF_WRITE_PUNCH) {
		f->zeroed = 0;
		return;
	}
	if (f->zeroed && at >= f->zero_first && at <= f->zero_last) {
		part->from = f->zero_last + 1;
		if (end <= part->from)
			return;
		at = f->zero_first;
	}
	f->zeroed = 1;
	f->zero_first = at;
	f->zero_last = end - 1;
}

/* Compare the write's bytes of the flight with what the socket took. */
static __always_inline void compare(struct pf_write *w, __u32 n, const struct byte_range *part)
{
	w->diff = *part;
	w->compared = orig_diff(n, &w->diff);
}

/* Was an unmarked flight in the index before the write walked there? Then it was not in its way. */
static __always_inline int was_indexed(const struct pf_flight *f, const struct pf_write *w)
{
	return f->op ? f->attached < w->began : seq_after(w->op, f->entered);
}

static __always_inline void visit_after(struct walk *k, struct pf_write *w, __u32 n,
					struct pf_flight *f)
{
	__u32 op = (__u32)w->op, flags = 0, slot = f->conn;
	struct pf_conn *c = conn_at(slot);
	__u64 before = 0, after = 0;
	struct byte_range part;
	__u32 from;

	if (!c || f->hit_op == op)	/* the walk begins again, or the flight ends */
		return;
	if (f->op != op) {
		/*
		 * The flight was attached while the write ran, or another write put its
		 * mark over ours. Page faults allow that, and file systems that lock inside
		 * of the hooked function. Otherwise the flight was not in the way.
		 */
		if ((!f->crowded && was_indexed(f, w)) ||
		    !flight_there(n, w->folio))
			return;
		flags = PF_HIT_NO_BEFORE;
		if (!toll_pay(w, c->owner, toll_of_hit(f, 0))) {
			hit_refused(c, f);
			return;
		}
		if (!hit_allowed(c, f, w->hits))
			return;
	}
	if (flight_has_fp(f)) {
		before = flight_last(f);
		after = flags || f->crowded ? 0 : seen_fp(w, f);
		after = after ?: flight_fp(f);
		seen_note(w, f, after);
	} else {
		f->fp = 0;	/* if it waits still, nobody knows any more what the bytes were */
	}
	if (flags || f->crowded || !after)
		before = 0;	/* f->last is not of the moment when this write began */
	f->last = after ?: f->last;
	part_of(k, f, &part);
	from = part.from;
	leave_out_zeros(w, f, &part);
	w->left_out = part.from - from;
	w->compared = 0;
	if (part.from >= part.to) {
		f->op = f->hit_op;
		return;
	}
	if (before)
		compare(w, n, &part);
	if (hit_claim(f, c, op))
		hit_report(hit_at(n, slot), w, flags, before, before ? after : 0);
}

/*
 * Take one step along the chains of a range, without their locks. If a flight has left its
 * chain meanwhile, the chain is begun again.
 */
static __always_inline int walk_step(struct stride *s, int after)
{
	struct pf_write *w = s->w;
	struct walk *k = s->k;
	void *base = pool();
	struct pf_flight *f;
	struct pf_bucket *b;
	__u32 at, n, next;

	if (!base)
		return 1;
	if (!k->at) {
		if (k->group > k->last) {
			k->done = 1;
			return 1;
		}
		at = k->bucket = index_hash(w->mapping, k->group);
		if (k->group != k->entered)
			toll_group(w, k->group, k->lo, k->hi);
		k->entered = k->group++;
		b = bpf_map_lookup_elem(&buckets, &at);
		if (!b)
			return 1;
		k->at = b->head;
		return 0;
	}
	n = k->at;
	f = flight_at(base, n);
	next = *(volatile __u32 *)&f->hnext;	/* first: it is another chain's once f has left */
	if (*(volatile __u32 *)&f->hprev == PF_UNLINKED || flight_bucket(f) != k->bucket) {
		k->at = 0;
		if (++w->restarts > WALK_RESTARTS)
			count(PF_C_walk_cut, 1);
		else
			k->group--;
		return 0;
	}
	k->at = next;
	if (!flight_in(f, w->mapping, k->lo, k->hi)) {
		if (!after)
			toll_pass(w, n, f);
	} else if (after) {
		visit_after(k, w, n, f);
	} else {
		visit_before(k, w, n, f);
	}
	return 0;
}

static int on_walk_before(__u32 i, struct stride *s)
{
	return walk_step(s, 0);
}

static int on_walk_after(__u32 i, struct stride *s)
{
	return walk_step(s, 1);
}

#endif

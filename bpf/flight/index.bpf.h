/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * index.bpf.h - the pool of flights and the page-cache index.
 *
 * Locks: one at a time, never a helper inside. The pool, each chain and each
 * connection have one. A FIFO is appended to under the socket's lock, but
 * drained also by the reader's side when both ends are on this host.
 */
#ifndef PF_FLIGHT_BPF_H
#define PF_FLIGHT_BPF_H

#include "base/count.bpf.h"
#include "kernel/page.bpf.h"
#include "kernel/sock.bpf.h"

static __always_inline void *pool(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&flights, &zero);
}

static __always_inline struct pf_flight *flight_at(void *base, __u32 n)
{
	return base + (__u64)(n & cfg.flight_mask) * sizeof(struct pf_flight);
}

/* The same without the pool at hand; NULL only to the verifier. */
static __always_inline struct pf_flight *flight_of(__u32 n)
{
	void *base = pool();

	return base ? flight_at(base, n) : NULL;
}

/* Where in its file the flight begins. */
static __always_inline __u64 flight_file_off(const struct pf_flight *f)
{
	return (f->index << cfg.page_shift) + f->off;
}

/* Is a byte of the flight in [lo, hi) of this file? */
static __always_inline int flight_in(const struct pf_flight *f, __u64 mapping, __u64 lo, __u64 hi)
{
	__u64 from = flight_file_off(f);

	return f->mapping == mapping && from < hi && from + f->len > lo;
}

/* Does the reader on this host get the very page? It gets a copy of a MSG_ZEROCOPY buffer. */
static __always_inline int flight_local(const struct pf_flight *f, const struct pf_conn *c)
{
	return (c->flags & PF_CONN_LOCAL) && f->sender.how != PF_SEND_ZEROCOPY;
}

/* Is a write that marked it still under way? */
static __always_inline int flight_open_write(const struct pf_flight *f)
{
	return f->op != f->hit_op && pf_open_writes;
}

/* Is its page still the file's page at that place? */
static __always_inline int flight_there(const struct pf_flight *f, __u64 folio)
{
	struct page_id id;

	page_identify(f->page, &id);
	return id.mapping == f->mapping && id.index == f->index && (!folio || id.head == folio);
}

#define FLIGHT_BATCH 16		/* flights that one lock is taken for */

/* Flights linked by `next`. */
struct chain {
	__u32 first, last;
	__u32 n;
};

/*
 * Take up to `want` free flights; the last has no next. None if there are none.
 * Global: the verifier looks at the loops once.
 */
int flights_take(__u32 want, struct chain *ret);

static __always_inline void flights_give(void *base, const struct chain *c)
{
	__u32 zero = 0;
	struct pf_free *p = bpf_map_lookup_elem(&free_flights, &zero);

	if (!p || !c->n)
		return;
	bpf_spin_lock(&p->lock);
	flight_at(base, c->last)->next = p->head;
	p->head = c->first;
	p->used -= c->n;
	bpf_spin_unlock(&p->lock);
}

static __always_inline __u32 index_hash(__u64 mapping, __u64 group)
{
	__u64 h = (mapping >> 6) * 0x9e3779b97f4a7c15ULL + group * 0xc2b2ae3d27d4eb4fULL;

	return (h >> 32) & cfg.bucket_mask;
}

static __always_inline __u32 *file_count(__u64 mapping)
{
	__u32 h = ((mapping >> 6) * 0x9e3779b97f4a7c15ULL) >> (64 - PF_FILES_BITS);

	return bpf_map_lookup_elem(&files, &h);
}

static __always_inline __u64 flight_group(const struct pf_flight *f)
{
	return f->index >> PF_GROUP_SHIFT;
}

/* Are they neighbours in the index? */
static __always_inline int flight_near(const struct pf_flight *f, const struct pf_flight *other)
{
	return f->mapping == other->mapping && flight_group(f) == flight_group(other);
}

static __always_inline __u32 flight_bucket(const struct pf_flight *f)
{
	return index_hash(f->mapping, flight_group(f));
}

/*
 * Neighbours, linked by `hnext`, at most FLIGHT_BATCH. Only now can a walker that
 * knows one from its life before take it for one that is in the index.
 */
static __always_inline void index_add(void *base, const struct chain *c)
{
	struct pf_flight *first = flight_at(base, c->first);
	__u32 at = flight_bucket(first), n = c->first, before = 0;
	struct pf_bucket *b = bpf_map_lookup_elem(&buckets, &at);
	__u32 *users = file_count(first->mapping);

	if (!b || !users)
		return;
	__sync_fetch_and_add(users, c->n);
	bpf_spin_lock(&b->lock);
	flight_at(base, c->last)->hnext = b->head;
	if (b->head)
		flight_at(base, b->head)->hprev = c->last;
	for (__u32 i = 0; i < FLIGHT_BATCH; i++) {
		struct pf_flight *f = flight_at(base, n);

		if (i >= c->n)
			break;
		f->entered = pf_next_id;
		f->hprev = before;
		before = n;
		n = f->hnext;
	}
	b->head = c->first;
	bpf_spin_unlock(&b->lock);
}

/*
 * Neighbours, linked by `next`: they leave the index, and their connection,
 * which is what those see who follow `next` without a lock.
 */
static __always_inline void index_remove(void *base, const struct chain *c)
{
	struct pf_flight *first = flight_at(base, c->first);
	__u32 at = flight_bucket(first), n = c->first;
	struct pf_bucket *b = bpf_map_lookup_elem(&buckets, &at);
	__u32 *users = file_count(first->mapping);

	if (!b || !users)
		return;
	bpf_spin_lock(&b->lock);
	for (__u32 i = 0; i < FLIGHT_BATCH; i++) {
		struct pf_flight *f = flight_at(base, n);

		if (i >= c->n)
			break;
		if (f->hprev)
			flight_at(base, f->hprev)->hnext = f->hnext;
		else
			b->head = f->hnext;
		if (f->hnext)
			flight_at(base, f->hnext)->hprev = f->hprev;
		f->hprev = PF_UNLINKED;
		f->conn = 0;
		n = f->next;
	}
	bpf_spin_unlock(&b->lock);
	__sync_fetch_and_add(users, -c->n);
}

#endif

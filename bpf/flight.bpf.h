/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight.bpf.h - the pool of flights and the page-cache index.
 *
 * Locks: one at a time, never a helper inside. The pool, each chain and each
 * connection have one. A FIFO is appended to under the socket's lock, but
 * drained also by the reader's side when both ends are on this host.
 */
#ifndef PF_FLIGHT_BPF_H
#define PF_FLIGHT_BPF_H

#include "emit.bpf.h"
#include "page.bpf.h"
#include "sock.bpf.h"

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
	return (c->flags & PF_CONN_LOCAL) && f->how != PF_SEND_ZEROCOPY;
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

/* A free flight's number, 0 if there is none. */
static __always_inline __u32 flight_take(void *base)
{
	__u32 zero = 0, n = 0;
	struct pf_free *p = bpf_map_lookup_elem(&free_flights, &zero);

	if (!p)
		return 0;
	bpf_spin_lock(&p->lock);
	if (p->head) {
		n = p->head;
		p->head = flight_at(base, n)->next;
	} else if (p->fresh < cfg.max_flights) {
		n = ++p->fresh;
	}
	if (n)
		p->used++;
	bpf_spin_unlock(&p->lock);
	return n;
}

static __always_inline void flight_give(void *base, __u32 n)
{
	struct pf_flight *f = flight_at(base, n);
	__u32 zero = 0;
	struct pf_free *p = bpf_map_lookup_elem(&free_flights, &zero);

	if (!p)
		return;
	f->conn = 0;		/* who follows `next` without a lock sees it */
	bpf_spin_lock(&p->lock);
	f->next = p->head;
	p->head = n;
	p->used--;
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

static __always_inline void index_add(void *base, __u32 n)
{
	struct pf_flight *f = flight_at(base, n);
	__u32 at = index_hash(f->mapping, f->index >> PF_GROUP_SHIFT);
	struct pf_bucket *b = bpf_map_lookup_elem(&buckets, &at);
	__u32 *users = file_count(f->mapping);

	if (!b || !users)
		return;
	__sync_fetch_and_add(users, 1);
	f->hprev = 0;
	bpf_spin_lock(&b->lock);
	f->hnext = b->head;
	if (b->head)
		flight_at(base, b->head)->hprev = n;
	f->bucket = at + 1;
	b->head = n;
	bpf_spin_unlock(&b->lock);
}

static __always_inline void index_remove(void *base, __u32 n)
{
	struct pf_flight *f = flight_at(base, n);
	__u32 at = f->bucket - 1;
	struct pf_bucket *b;
	__u32 *users;

	if (!f->bucket)
		return;
	b = bpf_map_lookup_elem(&buckets, &at);
	users = file_count(f->mapping);
	if (!b || !users)
		return;
	bpf_spin_lock(&b->lock);
	if (f->hprev)
		flight_at(base, f->hprev)->hnext = f->hnext;
	else
		b->head = f->hnext;
	if (f->hnext)
		flight_at(base, f->hnext)->hprev = f->hprev;
	f->bucket = 0;
	bpf_spin_unlock(&b->lock);
	__sync_fetch_and_add(users, -1);
}

static __always_inline struct pf_conn *conn_at(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&conns, &slot) : NULL;
}

static __always_inline void lifetime(__u64 *hist, __u64 ns)
{
	__u32 slot = lifetime_slot(ns);

	if (slot < PF_HIST_SLOTS)
		__sync_fetch_and_add(&hist[slot], 1);
}

static __always_inline void flight_acked(struct pf_flight *f, __u64 now)
{
	struct pf_stats *s = stats_here();

	if (!s)
		return;
	__sync_fetch_and_add(&s->count[PF_C_acked], 1);
	lifetime(s->to_ack, now - f->attached);
}

#endif

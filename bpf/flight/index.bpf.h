/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * index.bpf.h - the pool of flights and the page-cache index.
 *
 * Locks: one at a time, and no helper inside. The pool, each chain and each connection
 * have a lock. A connection needs one although the socket's own lock protects appending
 * to its FIFO: where both ends are on this host, the reader drains it too.
 */
#ifndef PF_INDEX_BPF_H
#define PF_INDEX_BPF_H

#include "base/count.bpf.h"
#include "base/hash.bpf.h"
#include "kernel/page.bpf.h"
#include "kernel/sock.bpf.h"
#include "owner.bpf.h"

static __always_inline void *pool(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&flights, &zero);
}

static __always_inline struct pf_flight *flight_at(void *base, __u32 n)
{
	return base + (__u64)(n & cfg.flight_mask) * sizeof(struct pf_flight);
}

/* flight_at() for callers without the pool. It is never NULL, but the verifier asks. */
static __always_inline struct pf_flight *flight_of(__u32 n)
{
	void *base = pool();

	return base ? flight_at(base, n) : NULL;
}

/* Offset of the first byte of the flight in its file. */
static __always_inline __u64 flight_file_off(const struct pf_flight *f)
{
	return (f->index << cfg.page_shift) + f->off;
}

/* Is any byte of the flight in [lo, hi) of this file? */
static __always_inline int flight_in(const struct pf_flight *f, __u64 mapping, __u64 lo, __u64 hi)
{
	__u64 from = flight_file_off(f);

	return f->mapping == mapping && from < hi && from + flight_len(f) > lo;
}

/* Does a reader on this host get the very page? Of a MSG_ZEROCOPY buffer it gets a copy. */
static __always_inline int flight_local(const struct pf_flight *f, const struct pf_conn *c)
{
	return (c->flags & PF_CONN_LOCAL) && f->sender.how != PF_SEND_ZEROCOPY;
}

/* Is a write that marked the flight still under way? */
static __always_inline int flight_open_write(const struct pf_flight *f)
{
	return f->op != f->hit_op && pf_open_writes;
}

/* Is the page of flight n still the page of the file at that offset? folio 0: any folio. */
int flight_there(__u32 n, __u64 folio);

#define FLIGHT_BATCH 16		/* flights that are moved under one lock */

/* Flights that are linked by `next`, or in the index by `hnext`. */
struct chain {
	__u32 first, last;
	__u32 n;
};

/*
 * Reserve up to `want` flights, none if the pool is exhausted. The last has no next. This
 * is a global function, so that the verifier looks at its loops once.
 */
int flights_reserve(__u32 want, struct chain *ret);

/* Release flights. */
static __always_inline void flights_release(void *base, const struct chain *c)
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
	__u64 h = HASH_ADDRESS(mapping) + group * 0xc2b2ae3d27d4eb4fULL;

	return (h >> 32) & cfg.bucket_mask;
}

static __always_inline __u32 *file_count(__u64 mapping)
{
	__u32 h = hash_address(mapping, PF_FILES_BITS);

	return bpf_map_lookup_elem(&files, &h);
}

static __always_inline __u64 flight_group(const struct pf_flight *f)
{
	return f->index >> PF_GROUP_SHIFT;
}

/* Are two flights neighbours: in one chain of the index because of their place in a file? */
static __always_inline int flight_near(const struct pf_flight *f, const struct pf_flight *other)
{
	return f->mapping == other->mapping && flight_group(f) == flight_group(other);
}

static __always_inline __u32 flight_bucket(const struct pf_flight *f)
{
	return index_hash(f->mapping, flight_group(f));
}

#define SHARE_LEAST 64u		/* flights of a user in one chain, for which it needs no tokens */

/*
 * How many flights of one user are in a chain. Some pairs of chain and user share a count,
 * so that it may be too high.
 */
static __always_inline __u32 *share_count(__u32 bucket, __u32 owner)
{
	__u32 h = (bucket + owner * 0x9e3779b1U) * 0x85ebca6bU >> (32 - PF_SHARES_BITS);

	return bpf_map_lookup_elem(&shares, &h);
}

/* Each write to a chain walks past all of it. May a user have n flights more there? */
static __always_inline int share_take(__u32 bucket, __u32 owner, __u32 n, __u64 now)
{
	__u32 *share, flights;
	struct pf_owner *o;

	if (owner == OWNER_ROOT)
		return 1;
	share = share_count(bucket, owner);
	if (!share)
		return 0;
	flights = *share + n;
	o = flights > SHARE_LEAST ? owner_at(owner) : NULL;
	if (o && flights > owner_tokens(o, now) / 2)
		return 0;
	__sync_fetch_and_add(share, n);
	return 1;
}

static __always_inline void share_return(__u32 bucket, __u32 owner, __u32 n)
{
	__u32 *share = owner == OWNER_ROOT ? NULL : share_count(bucket, owner);

	if (share)
		__sync_fetch_and_add(share, -n);
}

/*
 * Put neighbours, linked by `hnext`, at most FLIGHT_BATCH, into the index; -1 if their user
 * has its share of that chain. Call this only when they are filled in: a lockless walker
 * that still has one of these numbers will accept the flight from here on.
 */
static __always_inline int index_add(void *base, const struct chain *c, __u32 owner)
{
	struct pf_flight *first = flight_at(base, c->first);
	__u32 at = flight_bucket(first), n = c->first, before = 0;
	struct pf_bucket *b = bpf_map_lookup_elem(&buckets, &at);
	__u32 *users = file_count(first->mapping);

	if (!b || !users || !share_take(at, owner, c->n, first->attached))
		return -1;
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
	return 0;
}

/* Take a flight out of its chain. The caller holds the lock of that. */
static __always_inline void index_unlink(void *base, struct pf_bucket *b, struct pf_flight *f)
{
	if (f->hprev)
		flight_at(base, f->hprev)->hnext = f->hnext;
	else
		b->head = f->hnext;
	if (f->hnext)
		flight_at(base, f->hnext)->hprev = f->hprev;
	f->hprev = PF_UNLINKED;
}

/*
 * Take neighbours, linked by `next`, out of the index, those that are in it. They lose
 * their connection too: by that a walker that follows `next` without a lock recognises them.
 */
static __always_inline void index_remove(void *base, const struct chain *c, __u32 owner)
{
	struct pf_flight *first = flight_at(base, c->first);
	__u32 at = flight_bucket(first), n = c->first, removed = 0;
	struct pf_bucket *b = bpf_map_lookup_elem(&buckets, &at);
	__u32 *users = file_count(first->mapping);

	if (!b || !users)
		return;
	bpf_spin_lock(&b->lock);
	for (__u32 i = 0; i < FLIGHT_BATCH; i++) {
		struct pf_flight *f = flight_at(base, n);

		if (i >= c->n)
			break;
		if (f->hprev != PF_UNLINKED) {
			index_unlink(base, b, f);
			removed++;
		}
		f->conn = 0;
		n = f->next;
	}
	bpf_spin_unlock(&b->lock);
	share_return(at, owner, removed);
	__sync_fetch_and_add(users, -removed);
}

/*
 * Take a flight out of the index long before its end, so that no write walks past it again.
 * Returns 0 if it is not the flight at seq of this connection any more, or if a write to it
 * is under way. This is a global function, since it takes a lock in the middle of a walk.
 */
int index_give_up(__u32 n, __u32 conn, __u32 seq, __u32 owner);

#endif

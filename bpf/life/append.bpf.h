/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * append.bpf.h - the bytes that one call appends to a socket: walking them, and getting room
 * for their flights.
 */
#ifndef PF_APPEND_BPF_H
#define PF_APPEND_BPF_H

#include "kernel/direct.bpf.h"
#include "flight/conn.bpf.h"
#include "flight/original.bpf.h"
#include "filter.bpf.h"

/*
 * The bytes that one call appended to a socket, walked from their end to their start.
 * The hook fills in the first fields over zeros.
 */
struct append {
	__u64 sk;
	__u64 bvec;		/* current struct bio_vec */
	/* The next three are in the order of struct bio_vec: */
	__u64 page;		/* its first page */
	__u32 end;		/* bytes of it to walk, from bv_offset on */
	__u32 bv_offset;
	__u32 seq;		/* behind the last byte to walk */
	__u32 left;		/* bytes to walk */
	__u8 zerocopy;		/* the pages are the sender's own: MSG_ZEROCOPY */
	__u8 second;		/* the second of two programs: see append_is_done() */
	/* append_follow() fills in the rest, */
	__u8 refused;		/* the owner has its share of flights */
	__u8 unindexed;		/* ... or of the index: no write finds some of these flights */
	__u32 conn;		/* 0: none yet */
	__u32 pages, bytes;	/* of the flights that were made */
	__u32 first, last;	/* these flights, linked by `next` in stream order */
	struct chain stock;	/* flights reserved and not used yet */
	struct chain near;	/* neighbours that are not in the index yet */
	__u32 owner;		/* of the connection */
	__u64 known;		/* a page whose mapping and index are known already */
	__u64 mapping, index;
	struct filter_file file;
	__u64 now;
	__u64 ones, zeros;	/* bits of the mappings of its flights */
};

/*
 * Look up the connection of an append. Returns 1 if its pages are followed already: of each
 * hook that attaches there are two programs, and either may come first. The kernel skips a
 * program that is active on the processor, and a sender may be preempted in it for long.
 */
static __always_inline int append_is_done(struct append *a)
{
	struct pf_sock *s = sock_find(a->sk);
	struct pf_conn *c;

	a->conn = s ? s->sends : 0;
	c = conn_at(a->conn);
	return c && c->appended == a->seq;
}

/* Both programs look at an append without a connection. One of them counts. */
static __noinline void append_count(const struct append *a, enum pf_counter counter, __u64 n)
{
	if (a->conn || !a->second)
		count(counter, n);
}

static __always_inline __u32 pages_in(__u32 bytes)
{
	return (bytes + (1 << cfg.page_shift) - 1) >> cfg.page_shift;
}

/* The sequence number behind the last byte that was given to the socket. */
static __always_inline __u32 written(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? tp->write_seq : 0;
}

/* Go to the bvec in front of a->bvec; -1 if it cannot be read. */
static __always_inline int append_bvec(struct append *a)
{
	struct bio_vec *direct;

	a->bvec -= sizeof(*direct);
	if (cfg.direct) {
		direct = TYPED(bio_vec, a->bvec);
		a->page = WORD_AT(a->bvec + bpf_core_field_offset(struct bio_vec, bv_page));
		a->bv_offset = direct->bv_offset;
		a->end = direct->bv_len;
		return 0;
	}
	if (!bpf_probe_read_kernel(&a->page, sizeof(*direct), (void *)a->bvec))
		return 0;
	count(PF_C_read_failed, 1);
	return -1;
}

/* Has the owner its share of the pool? */
static __always_inline int append_refused(const struct append *a)
{
	struct pf_owner *o = owner_at(a->owner);
	struct pf_free *p;
	__u32 zero = 0;

	if (!o)
		return 0;
	p = bpf_map_lookup_elem(&free_flights, &zero);
	return p && owner_has_share(a->owner, o->flights, cfg.max_flights - p->used);
}

/* Not all pages of this connection are followed, or found. */
static __always_inline void append_lost(const struct append *a)
{
	struct pf_conn *c = conn_at(a->conn);

	if (c && !(c->flags & PF_CONN_LOST))
		conn_flag(c, PF_CONN_LOST);
}

/* There is no flight for a page. This is not inlined, for its stack. */
static __noinline int append_none(const struct append *a)
{
	if (a->refused)
		owner_refused(a->owner, PF_C_user_room, 1);
	else
		count(PF_C_pool_full, 1);
	append_lost(a);
	return 0;
}

/* Reserve a flight; 0 if there is none. The flights of one call leave the pool together. */
static __always_inline __u32 append_reserve(struct append *a, void *base)
{
	__u32 n = a->stock.first;
	struct pf_flight *f;

	if (!n) {
		a->refused = append_refused(a);
		if (!a->refused)
			flights_reserve(pages_in(a->left), &a->stock);
		n = a->stock.first;
		if (!n)
			return append_none(a);
	}
	f = flight_at(base, n);
	a->stock.first = f->next;
	a->stock.n--;
	/* A write kept its bytes in the last moment before it was released. */
	if (content_on() && f->orig)
		orig_drop(n);
	return n;
}

/* Put the neighbours into the index. This is not inlined, for its stack. */
static __noinline void append_index(struct append *a, void *base)
{
	__u64 mapping;

	if (!a->near.n)
		return;
	mapping = flight_at(base, a->near.first)->mapping;
	a->ones |= mapping;
	a->zeros |= ~mapping;
	if (index_add(base, &a->near, a->owner)) {
		owner_refused(a->owner, PF_C_user_index, a->near.n);
		a->unindexed = 1;
		append_lost(a);
	}
	a->near.n = 0;
}

/* Remember flight n for the index, in front of its neighbours: the walk comes from the end. */
static __always_inline void append_near(struct append *a, void *base, __u32 n)
{
	struct pf_flight *f = flight_at(base, n);

	if (a->near.n == FLIGHT_BATCH ||
	    (a->near.n && !flight_near(f, flight_at(base, a->near.first))))
		append_index(a, base);
	if (a->near.n)
		f->hnext = a->near.first;
	else
		a->near.last = n;
	a->near.first = n;
	a->near.n++;
}

#endif

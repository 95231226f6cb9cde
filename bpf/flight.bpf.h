/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight.bpf.h - the pool of flights, the page-cache index and the FIFO of a
 * connection. All state changes of a flight are here.
 *
 * Locks: one at a time, never a helper inside. The pool, each chain and each
 * connection have one. A FIFO is appended to under the socket's lock, but
 * drained also by the reader's side when both ends are on this host.
 */
#ifndef PF_FLIGHT_BPF_H
#define PF_FLIGHT_BPF_H

#include "emit.bpf.h"
#include "page.bpf.h"
#include "rtx.bpf.h"

#define PF_POP_MAX 16384	/* flights ended by one event; the next one goes on */

static __always_inline void *pool(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&flights, &zero);
}

static __always_inline struct pf_flight *flight_at(void *base, __u32 n)
{
	return base + (__u64)(n & cfg.flight_mask) * sizeof(struct pf_flight);
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

/*
 * How far a reader on this host may have come. copied_seq moves only when a
 * piece, up to a whole skb, is copied: while the reader owns its socket all
 * that was received may already be in its buffer. Ask for the owner first: who
 * takes the socket later copies what is there now.
 */
static __always_inline __u32 reader_at(__u64 peer, __u32 seen, int at_most)
{
	int owned = SOCK_READ(peer, sk_lock.owned);
	__u32 read = owned && at_most ? TCP_READ(peer, rcv_nxt) : TCP_READ(peer, copied_seq);

	return seq_after(read, seen) ? read : seen;
}

/*
 * Where a connection stands now, as far as flight f goes: as a write begins
 * how far the reader is at least, when it is complete how far at most.
 */
static __always_inline void conn_progress(struct pf_conn *c, const struct pf_flight *f,
					  struct pf_progress *p, int complete)
{
	__u64 peer = c->peer_sk;

	p->in_host = 0;
	p->resends = c->resends;
	p->una = p->nxt = c->una;
	if (!(c->flags & PF_CONN_ORPHAN)) {
		p->una = TCP_READ(c->sk, snd_una);
		p->nxt = TCP_READ(c->sk, snd_nxt);
	}
	p->read = c->read;
	if (!(c->flags & PF_CONN_LOCAL)) {
		p->read = p->una;
		if (!(c->flags & PF_CONN_ORPHAN) && seq_after(p->nxt, f->seq))
			p->in_host = rtx_in_host(c->sk, f->seq, f->seq + f->len) ||
				     (sock_segments(c->sk) && rtx_is_gso(c->sk, f->seq) &&
				      page_held(f->page));
	} else if (peer) {
		p->read = seq_min(reader_at(peer, p->read, complete), p->nxt);
	}
}

static __always_inline __u32 hit_flags(const struct pf_conn *c)
{
	return (c->flags & PF_CONN_LOCAL ? PF_HIT_LOCAL : 0) |
	       (c->flags & PF_CONN_LOST ? PF_HIT_LOST : 0);
}

static __always_inline void emit_hit(struct pf_flight *f, struct pf_conn *c,
				     const struct pf_write *w, __u32 flags)
{
	struct super_block *sb;
	struct pf_ev_hit *r;

	count(PF_C_hits, 1);	/* first: nothing may stand between a reserve and its check */
	r = record_new(PF_EV_HIT, sizeof(*r));
	if (!r)
		return;
	sb = KERNEL_READ(inode, w->inode, i_sb);
	r->op = w->op;
	r->conn = c->id;
	r->writer = w->writer;
	r->sender.pid = f->pid;
	r->sender.tid = f->tid;
	r->sender.how = f->how;
	r->sender.flags = f->kthread ? PF_TASK_KTHREAD : 0;
	__builtin_memcpy(r->sender.comm, f->comm, PF_COMM_LEN);
	r->tuple = c->tuple;
	r->netns = c->netns;
	r->flags = hit_flags(c) | flags;
	r->dev = BPF_CORE_READ(sb, s_dev);
	r->ino = KERNEL_READ(inode, w->inode, i_ino);
	r->pos = w->pos;
	r->count = w->count;
	r->file_off = flight_file_off(f);
	r->attached = f->attached;
	r->seq = f->seq;
	r->len = f->len;
	r->resends = c->resends;
	r->pad = 0;
	r->before = f->before;
	conn_progress(c, f, &r->after, 1);
	if (flags & PF_HIT_NO_BEFORE)
		r->before = r->after;
	r->stream_off = c->una_off + (__s32)(f->seq - c->una);
	record_send(r);
}

/*
 * Report a flight for the write that marked it, once: the writer's own walk
 * and the end of the flight may both come to it.
 */
static __always_inline int hit_claim(struct pf_flight *f, __u32 op)
{
	__u32 old = f->hit_op;

	return old != op && __sync_val_compare_and_swap(&f->hit_op, old, op) == old;
}

/* The flight ended while its write was under way: only we can still report it. */
static __always_inline void hit_unfinished(struct pf_flight *f, struct pf_conn *c)
{
	__u64 key = f->write_tid;
	struct pf_write *w = bpf_map_lookup_elem(&writes, &key);

	if (!w || (__u32)w->op != f->op) {
		key |= (__u64)PF_WRITE_ZERO << 32;
		w = bpf_map_lookup_elem(&writes, &key);
	}
	if (!w || (__u32)w->op != f->op || !hit_claim(f, f->op))
		return;
	__sync_fetch_and_add(&w->hits, 1);
	emit_hit(f, c, w, PF_HIT_ENDED);
}

struct crowd {
	struct pf_flight *f;
	__u32 conn;
};

static long on_crowd_write(void *map, const __u64 *key, struct pf_write *w, struct crowd *k)
{
	struct pf_flight *f = k->f;
	struct pf_conn *c = conn_at(k->conn);

	if (!c || !flight_in(f, w->mapping, w->pos, w->pos + w->count) ||
	    (__u32)w->op == f->op || (__u32)w->op == f->hit_op)
		return 0;
	__sync_fetch_and_add(&w->hits, 1);
	emit_hit(f, c, w, PF_HIT_NO_BEFORE);
	return 0;
}

/* The flight ended with several writes under way: all but the last have lost their mark. */
static __always_inline void hit_crowd(struct pf_flight *f)
{
	struct crowd k = { .f = f, .conn = f->conn };

	bpf_for_each_map_elem(&writes, on_crowd_write, &k, 0);
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

/* The end of a flight that is out of its FIFO. */
static __always_inline void flight_retire(void *base, __u32 n, struct pf_conn *c, __u32 why,
					  __u64 now)
{
	struct pf_flight *f = flight_at(base, n);
	struct pf_stats *s = stats_here();

	if (f->hit_op) {
		__sync_fetch_and_add(&c->hits, -1);
		emit_range(PF_EV_END, c->id, f->seq, f->len, why);
	}
	if (f->crowded && pf_open_writes)
		hit_crowd(f);
	if (f->op && f->op != f->hit_op)
		hit_unfinished(f, c);
	index_remove(base, n);
	if (s) {
		if (why == PF_END_ABORTED) {
			__sync_fetch_and_add(&s->count[PF_C_aborted], 1);
		} else {
			__sync_fetch_and_add(&s->count[PF_C_released], 1);
			lifetime(s->to_release, now - f->attached);
		}
	}
	flight_give(base, n);
}

#endif

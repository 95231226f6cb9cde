/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conn.bpf.h - a followed connection. It is made at its first page, drained as it makes
 * progress (life/end.bpf.h), and released when its socket and its pages are gone.
 */
#ifndef PF_CONN_BPF_H
#define PF_CONN_BPF_H

#include "base/mode.bpf.h"
#include "base/slots.bpf.h"
#include "kernel/device.bpf.h"
#include "index.bpf.h"
#include "peer.bpf.h"
#include "socks.bpf.h"
#include "watch.bpf.h"

static __always_inline struct pf_conn *conn_at(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&conns, &slot) : NULL;
}

/* The connection that a socket sends on; NULL if it is not followed. */
static __always_inline struct pf_conn *conn_sending(__u64 sk, __u32 *ret_slot)
{
	struct pf_sock *s = sock_find(sk);

	*ret_slot = s ? s->sends : 0;
	return conn_at(*ret_slot);
}

/* The connection that a socket on this host reads from; NULL if it is not followed. */
static __always_inline struct pf_conn *conn_reading(__u64 sk, __u32 *ret_slot)
{
	struct pf_sock *s = sock_find(sk);

	*ret_slot = s ? s->reads : 0;
	return conn_at(*ret_slot);
}

/* The connection that a socket reads from, if it is the reader of one; else NULL. */
static __always_inline struct pf_conn *reader_conn(__u64 sk, __u32 *ret_slot)
{
	struct pf_conn *c;

	if (!pf_local_conns || sock_idle(sk))
		return NULL;
	c = conn_reading(sk, ret_slot);
	return c && c->peer_sk == sk ? c : NULL;
}

static __always_inline void conn_flag(struct pf_conn *c, __u32 flag)
{
	bpf_spin_lock(&c->lock);
	c->flags |= flag;
	bpf_spin_unlock(&c->lock);
}

static __always_inline void conn_unflag(struct pf_conn *c, __u32 flag)
{
	bpf_spin_lock(&c->lock);
	c->flags &= ~flag;
	bpf_spin_unlock(&c->lock);
}

/* Bytes of the connection do not wait in a pipe any more. */
static __always_inline void pipe_forget(struct pf_conn *c)
{
	__u64 pipe = c->pipe;

	if (!pipe)
		return;
	c->pipe = 0;
	if (!bpf_map_delete_elem(&pipes, &pipe))
		__sync_fetch_and_add(&pf_pipes_now, -1);
}

/* Release a connection. */
static __always_inline void conn_release(struct pf_conn *c, __u32 slot)
{
	owner_leave(c->owner);
	pipe_forget(c);
	if (c->watch) {
		conn_unwatch(slot, WATCH_FP);
		conn_unwatch(slot, WATCH_XMIT);
	}
	if (c->flags & PF_CONN_BUFFERS)
		__sync_fetch_and_add(&pf_buffer_conns, -1);
	c->sk = 0;	/* else it could be taken for the connection of a later socket there */
	__sync_fetch_and_add(&pf_conns_now, -1);
	bpf_map_push_elem(&free_conns, &slot, BPF_ANY);
}

#define CONN_REFUSED 0xffffffffu	/* instead of a number: its user has its share of them */

/*
 * Follow a socket of an owner that has joined, and whose first page by reference begins at
 * seq. Returns the number of the connection, or 0. This is not inlined, since callers need
 * its stack for others.
 */
static __noinline __u32 conn_new(__u64 sk, __u32 seq, __u32 owner)
{
	struct pf_conn *c;
	__u32 slot;

	if (owner_has_share(owner, owner_conns(owner), cfg.max_conns - pf_conns_now)) {
		owner_blame(owner);
		owner_leave(owner);
		return CONN_REFUSED;
	}
	slot = slot_reserve(&free_conns, &pf_conns_fresh, cfg.max_conns);
	c = conn_at(slot);
	if (!c) {
		owner_leave(owner);
		return 0;
	}
	c->owner = owner;
	c->head = c->unacked = c->tail = 0;
	c->flags = content_wire() && sock_copied_late(sk) ? PF_CONN_WIRE : 0;
	c->peer_sk = 0;
	c->una = TCP_READ(sk, snd_una);
	c->taken = c->read = c->nxt = c->given_up = c->aborted = seq;
	c->tx_certain = c->fp_end = c->appended = seq;
	c->cursor = c->hits = c->resends = c->sender_sent = c->ending = 0;
	c->collapsed = c->collapsed_end = seq;
	c->queue_at = c->exposed = c->watch = 0;
	c->sender_began = c->handed = 0;
	c->netns = SOCK_READ(sk, __sk_common.skc_net.net, ns.inum);
	c->sk = sk;
	c->id = __sync_fetch_and_add(&pf_next_id, 1) + 1;
	c->una_off = sock_bytes_acked(sk);
	__sync_fetch_and_add(&pf_conns_now, 1);
	if (content_wire())
		conn_watch(slot, WATCH_XMIT);
	c->tx_possible = seq;	/* its packets were watched from the first of these bytes */
	sock_tuple(sk, &c->tuple);
	if (sock_remember(sk, slot, 0)) {
		count(PF_C_socks_full, 1);
		conn_release(c, slot);
		return 0;
	}
	c->flags |= PF_CONN_ASK;	/* no lock: its socket is locked, and it has no flights */
	__sync_fetch_and_add(&pf_seeking, 1);
	count(PF_C_conns, 1);
	return slot;
}

/*
 * The connection that a socket sends on, a new one if need be; 0 if there is no room, or
 * CONN_REFUSED.
 */
static __always_inline __u32 conn_of(__u64 sk, __u32 seq)
{
	struct pf_sock *s = sock_find(sk);

	return s && s->sends ? s->sends : conn_new(sk, seq, owner_join(sk));
}

/* Append flights that are linked by `next` already. */
static __always_inline void conn_append(void *base, struct pf_conn *c, __u32 first, __u32 last)
{
	bpf_spin_lock(&c->lock);
	if (c->tail)
		flight_at(base, c->tail)->next = first;
	else
		c->head = first;
	c->tail = last;
	if (!c->unacked)
		c->unacked = first;
	bpf_spin_unlock(&c->lock);
}

/* The kernel has copied the bytes from seq to end in the queue of the reader on this host. */
static __always_inline void conn_collapsed(struct pf_conn *c, __u32 seq, __u32 end)
{
	bpf_spin_lock(&c->lock);
	if (seq_after(c->collapsed_end, c->taken)) {
		c->collapsed = seq_min(c->collapsed, seq);
		c->collapsed_end = seq_max(c->collapsed_end, end);
	} else {
		c->collapsed = seq;
		c->collapsed_end = end;
	}
	bpf_spin_unlock(&c->lock);
}

/* Is any byte of a flight such a copy, perhaps? */
static __always_inline int flight_collapsed(const struct pf_flight *f, const struct pf_conn *c)
{
	return seq_after(c->collapsed_end, f->seq) &&
	       seq_after(f->seq + flight_len(f), c->collapsed);
}

static __always_inline void conn_transmitted(struct pf_conn *c, __u32 seq, __u32 end, int done)
{
	c->tx_possible = seq_max(c->tx_possible, end);
	if (done && !seq_after(seq, c->tx_certain))
		c->tx_certain = seq_max(c->tx_certain, end);
}

#endif

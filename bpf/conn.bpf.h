/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conn.bpf.h - the life of a followed connection: made at its first page,
 * drained as it makes progress, given back when its socket and its pages are
 * gone.
 *
 * For a reader on another host a page is released by its acknowledgement. For
 * one on this host the reader's queue holds the very same page, so it is
 * released when it is acknowledged and copied out; the connection then outlives
 * its sending socket as an orphan.
 */
#ifndef PF_CONN_BPF_H
#define PF_CONN_BPF_H

#include "device.bpf.h"
#include "flight.bpf.h"
#include "mode.bpf.h"
#include "slots.bpf.h"

static __always_inline struct pf_sock *sock_find(__u64 sk)
{
	return bpf_map_lookup_elem(&socks, &sk);
}

static __always_inline __u32 *sock_count(__u64 sk)
{
	__u32 h = ((sk >> 6) * 0x9e3779b97f4a7c15ULL) >> (64 - PF_SOCKS_BITS);

	return bpf_map_lookup_elem(&sock_counts, &h);
}

/* A socket that nothing is known of: what nearly every ACK and read finds. */
static __always_inline int sock_idle(__u64 sk)
{
	__u32 *n = sock_count(sk);

	return !n || !*n;
}

/* An entry of `socks` comes or goes. */
static __always_inline void sock_counted(__u64 sk, __u32 change)
{
	__u32 *n = sock_count(sk);

	if (n)
		__sync_fetch_and_add(n, change);
}

/* Forget one role of a socket; the entry goes with the last. */
static __always_inline void sock_forget(__u64 sk, __u32 sends, __u32 reads)
{
	struct pf_sock *s = sock_find(sk);

	if (!s)
		return;
	if (s->sends == sends)
		s->sends = 0;
	if (s->reads == reads)
		s->reads = 0;
	if (!s->sends && !s->reads && !bpf_map_delete_elem(&socks, &sk))
		sock_counted(sk, -1);
}

/* Give a socket a role, or both; 0 leaves one as it is. */
static __always_inline int sock_remember(__u64 sk, __u32 sends, __u32 reads)
{
	struct pf_sock fresh = { .sends = sends, .reads = reads }, *s = sock_find(sk);

	if (!s) {
		sock_counted(sk, 1);	/* first: who finds 0 looks no further */
		if (!bpf_map_update_elem(&socks, &sk, &fresh, BPF_NOEXIST))
			return 0;
		sock_counted(sk, -1);
		s = sock_find(sk);	/* the other end was faster, or there is no room */
		if (!s)
			return -1;
	}
	if (sends)
		s->sends = sends;
	if (reads)
		s->reads = reads;
	return 0;
}

static __always_inline void conn_flag(struct pf_conn *c, __u32 flag)
{
	bpf_spin_lock(&c->lock);
	c->flags |= flag;
	bpf_spin_unlock(&c->lock);
}

static __always_inline void conn_give(struct pf_conn *c, __u32 slot)
{
	c->sk = 0;	/* nobody takes it for the connection of a later socket there */
	__sync_fetch_and_add(&pf_conns_now, -1);
	bpf_map_push_elem(&free_conns, &slot, BPF_ANY);
}

/*
 * The reader's socket, if it is on this host and gets the very pages; 0 if not.
 * Tuples repeat in other namespaces: the right one has received at least what
 * is acknowledged and at most what was sent.
 */
static __always_inline __u64 conn_find_reader(const struct pf_conn *c)
{
	__u32 una = TCP_READ(c->sk, snd_una), got;
	struct pf_tuple key;
	__u64 *peer;

	if (!sock_by_reference(c->sk))
		return 0;
	tuple_peer_key(&c->tuple, &key);
	peer = bpf_map_lookup_elem(&readers, &key);
	if (!peer)
		return 0;
	got = TCP_READ(*peer, rcv_nxt);
	if (seq_after(una, got) || seq_after(got, TCP_READ(c->sk, snd_nxt)))
		return 0;
	return *peer;
}

static __always_inline void conn_be_local(struct pf_conn *c, __u32 slot)
{
	c->peer_sk = conn_find_reader(c);
	if (!c->peer_sk)
		return;
	c->flags |= PF_CONN_LOCAL;	/* before its reader can find it, so without the lock */
	if (sock_remember(c->peer_sk, 0, slot)) {
		count(PF_C_socks_full, 1);
		c->flags = (c->flags & ~PF_CONN_LOCAL) | PF_CONN_LOST;
		c->peer_sk = 0;
		return;
	}
	__sync_fetch_and_add(&pf_local_conns, 1);
}

/*
 * Start to follow a socket whose first page by reference begins at seq. Not
 * inlined, as conn_linger(): their stack would be in the way of what comes later.
 */
static __noinline __u32 conn_new(__u64 sk, __u32 seq)
{
	__u32 slot = slot_take(&free_conns, &pf_conns_fresh, cfg.max_conns);
	struct pf_conn *c = conn_at(slot);

	if (!c)
		return 0;
	c->head = c->unacked = c->tail = 0;
	c->flags = content_wire() && sock_copied_late(sk) ? PF_CONN_WIRE : 0;
	c->una = TCP_READ(sk, snd_una);
	c->read = c->nxt = c->given_up = c->aborted = seq;
	c->carried = c->copied = seq;
	c->cursor = c->hits = c->resends = c->told = c->ending = 0;
	c->netns = SOCK_READ(sk, __sk_common.skc_net.net, ns.inum);
	c->sk = sk;
	c->id = __sync_fetch_and_add(&pf_next_id, 1) + 1;
	c->una_off = sock_bytes_acked(sk);
	__sync_fetch_and_add(&pf_conns_now, 1);
	sock_tuple(sk, &c->tuple);
	if (sock_remember(sk, slot, 0)) {
		count(PF_C_socks_full, 1);
		conn_give(c, slot);
		return 0;
	}
	conn_be_local(c, slot);
	count(PF_C_conns, 1);
	return slot;
}

/* The connection a socket sends on, 0 if there is none and no room. */
static __always_inline __u32 conn_of(__u64 sk, __u32 seq)
{
	struct pf_sock *s = sock_find(sk);

	return s && s->sends ? s->sends : conn_new(sk, seq);
}

/* Append a chain of flights, already linked by `next`. */
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

/* End every flight that is over. Work is bounded; the next event goes on. */
int conn_drain(__u32 slot);

/*
 * Give up the oldest pages that are not in this host any more, told by the socket
 * while it has its queue, by the pages behind that; or all of them. Returns up to
 * which sequence number.
 */
#define SWEEP_BY_PAGE 0u
#define SWEEP_BY_SOCK 1u
#define SWEEP_ALL     2u

__u32 conn_sweep(__u32 slot, __u32 how);

/*
 * Packets of the socket may wait in a qdisc, a driver or a ring: they are not
 * called back when it drops its queue. The pages tell when they are gone.
 */
static __noinline __u32 conn_linger(const struct pf_conn *c, __u32 slot)
{
	struct pf_tuple key;

	tuple_key(&c->tuple, &key);
	if (bpf_map_update_elem(&lingering, &key, &slot, BPF_NOEXIST)) {
		count(PF_C_held_full, 1);
		return 0;
	}
	__sync_fetch_and_add(&pf_lingering_conns, 1);
	return PF_CONN_LINGERS;
}

/*
 * The sending socket gives up its queue. What a reader here may have in its
 * own queue, everything transmitted, stays in flight; of one elsewhere what may
 * still be in this host.
 */
static __always_inline void conn_orphan(struct pf_conn *c, __u32 slot, __u64 sk)
{
	__u32 una = TCP_READ(sk, snd_una), nxt = TCP_READ(sk, snd_nxt), more = PF_CONN_ORPHAN;

	if (c->flags & PF_CONN_LOCAL)
		una = nxt;
	else if (!(c->flags & PF_CONN_ORPHAN) && seq_after(nxt, una))
		more |= conn_linger(c, slot);
	c->orphaned = bpf_ktime_get_ns();
	c->nxt = nxt;
	c->given_up = c->aborted = una;
	if (more & PF_CONN_LINGERS)
		c->aborted = conn_sweep(slot, SWEEP_BY_SOCK);
	bpf_spin_lock(&c->lock);
	c->una_off += (__s32)(una - c->una);
	c->una = una;
	c->flags |= more;
	bpf_spin_unlock(&c->lock);
	sock_forget(sk, slot, 0);
	conn_drain(slot);
}

/* The reader on this host is gone, and its queue with it. */
static __always_inline void conn_reader_gone(struct pf_conn *c, __u32 slot, __u64 reader)
{
	int mine;

	bpf_spin_lock(&c->lock);
	mine = c->peer_sk == reader;	/* and not that of a connection that has taken the slot */
	if (mine) {
		c->flags |= PF_CONN_GONE;
		c->peer_sk = 0;
	}
	bpf_spin_unlock(&c->lock);
	if (mine)
		conn_drain(slot);
}

#endif

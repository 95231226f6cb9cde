// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer.bpf.c - see peer.bpf.h.
 *
 * The other end on this host is the socket whose streams begin where ours do. Addresses do
 * not tell: two namespaces can have the same, and address translation changes them.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/skb.bpf.h"
#include "conn.bpf.h"
#include "peer.bpf.h"

/*
 * The other end is found by where the streams begin: one end counts the SYN that it
 * sent, the other does not. Else by the tuple: a socket that was restored counts from where
 * it was restored.
 */
__noinline __u64 sock_other_end(__u64 sk)
{
	struct pf_streams own, key;
	struct pf_tuple t, turned;
	__u64 *other;

	sock_streams(sk, &own);
	key.out = own.in;
	key.in = own.out + 1;
	other = bpf_map_lookup_elem(&streams, &key);
	if (!other) {
		key.out = own.in - 1;
		key.in = own.out;
		other = bpf_map_lookup_elem(&streams, &key);
	}
	if (!other) {
		sock_tuple(sk, &t);
		tuple_peer_key(&t, &turned);
		other = bpf_map_lookup_elem(&readers, &turned);
	}
	return other && sock_reads(*other, sk) && sock_reads(sk, *other) ? *other : 0;
}

#define QUEUE_SKBS 512		/* of a reader's queue that are asked */

#define PF_CONN_READER (PF_CONN_LOCAL | PF_CONN_ASK)

/*
 * Decide who reads, if it is still as it was. Only one of several callers does it. What a
 * device does with pages for a reader on this host does not matter, unless it copies them.
 */
static __always_inline int conn_decide(struct pf_conn *c, __u32 slot, __u32 from, __u32 to,
				       __u64 peer)
{
	int mine;

	bpf_spin_lock(&c->lock);
	mine = (c->flags & PF_CONN_READER) == from;
	if (mine) {
		c->flags = (c->flags & ~PF_CONN_READER) | to;
		c->peer_sk = peer;
	}
	bpf_spin_unlock(&c->lock);
	if (mine && to == PF_CONN_LOCAL && c->watch & WATCH_XMIT && !(c->flags & PF_CONN_WIRE))
		conn_unwatch(slot, WATCH_XMIT);
	return mine;
}

/* The reader was found. Returns 1 if it is followed from now on. */
static __always_inline int conn_be_local(struct pf_conn *c, __u32 slot, __u64 peer, __u32 ask)
{
	if (!conn_decide(c, slot, PF_CONN_ASK, PF_CONN_LOCAL | ask, peer))
		return 0;
	__sync_fetch_and_add(&pf_seeking, -1);
	__sync_fetch_and_add(&pf_local_conns, 1);
	if (!sock_remember(peer, 0, slot))
		return 1;
	count(PF_C_socks_full, 1);
	if (conn_decide(c, slot, PF_CONN_LOCAL | ask, 0, 0))
		__sync_fetch_and_add(&pf_local_conns, -1);
	conn_flag(c, PF_CONN_LOST);
	return 0;
}

/* Whoever reads gets copies, or is elsewhere. */
static __always_inline void conn_be_remote(struct pf_conn *c, __u32 slot)
{
	__u64 peer = c->peer_sk;

	if (conn_decide(c, slot, PF_CONN_ASK, 0, 0)) {
		__sync_fetch_and_add(&pf_seeking, -1);
	} else if (conn_decide(c, slot, PF_CONN_READER, 0, 0)) {
		__sync_fetch_and_add(&pf_local_conns, -1);
		sock_forget(peer, 0, slot);
	}
}

__noinline int conn_seek(__u32 slot, __u32 last)
{
	struct pf_conn *c = conn_at(slot);
	struct net_device *dev;
	__u64 peer;

	if (!c || (c->flags & (PF_CONN_READER | PF_CONN_ORPHAN)) != PF_CONN_ASK)
		return 0;
	dev = sock_dev(c->sk);
	if (dev && dev_copies_late(dev)) {
		conn_be_remote(c, slot);
		return 0;
	}
	peer = sock_other_end(c->sk);
	if (peer)
		return conn_be_local(c, slot, peer, sock_by_reference(c->sk) ? 0 : PF_CONN_ASK);
	if (!last)
		return 0;
	if (dev_is_lo(dev)) {
		conn_flag(c, PF_CONN_UNFOUND);
		count(PF_C_readers_unfound, 1);
	}
	conn_be_remote(c, slot);
	return 0;
}

/* A search for a page in the queue of a reader. */
struct queue_search {
	__u64 skb;		/* to ask next */
	__u64 end;		/* that is not asked: the head of the queue, or 0 */
	__u64 page;
	__u32 seq;		/* of a byte of it that is not read */
	__u32 found;
};

static int on_queue_list(__u32 i, struct queue_search *s)
{
	if (!s->skb)
		return 1;
	s->found = skb_has_page(s->skb, s->page);
	s->skb = (__u64)KERNEL_READ(sk_buff, s->skb, next);
	return !!s->found;
}

static int on_queue_skb(__u32 i, struct queue_search *s)
{
	if (!s->skb || s->skb == s->end)
		return 1;
	if (seq_after(SKB_CB_READ(s->skb, end_seq), s->seq))
		return 1;
	s->skb = (__u64)KERNEL_READ(sk_buff, s->skb, next);
	return 0;
}

/* Is the oldest page that the reader has not read in its queue, and not a copy of it? */
static __always_inline int conn_page_queued(struct pf_conn *c)
{
	__u64 peer = c->peer_sk, queue = peer + bpf_core_field_offset(struct sock, sk_receive_queue);
	struct pf_flight *f = flight_of(c->head);
	struct queue_search s = { .end = queue };

	if (!f || !c->head || !peer || f->sender.how == PF_SEND_ZEROCOPY)
		return 0;
	s.page = f->page;
	s.seq = seq_max(f->seq, TCP_READ(peer, copied_seq));
	if (!seq_after(f->seq + flight_len(f), s.seq) || !seq_after(TCP_READ(peer, rcv_nxt), s.seq))
		return 0;
	s.skb = (__u64)SOCK_READ(peer, sk_receive_queue.next);
	bpf_loop(QUEUE_SKBS, on_queue_skb, &s, 0);
	if (!s.skb || s.skb == s.end || seq_after(SKB_CB_READ(s.skb, seq), s.seq))
		return 0;
	if (skb_has_page(s.skb, s.page))
		return 1;
	s.skb = skb_frag_list(s.skb);	/* what was received in pieces and merged */
	bpf_loop(QUEUE_SKBS, on_queue_list, &s, 0);
	return s.found;
}

__noinline int conn_probe(__u32 slot)
{
	struct pf_conn *c = conn_at(slot);
	struct net_device *dev;

	if (!c || (c->flags & PF_CONN_READER) != PF_CONN_READER)
		return 0;
	if (!(c->flags & PF_CONN_ORPHAN)) {
		dev = sock_dev(c->sk);
		if (dev && dev_copies_late(dev)) {
			conn_be_remote(c, slot);
			return 0;
		}
		if (sock_by_reference(c->sk)) {
			conn_decide(c, slot, PF_CONN_READER, PF_CONN_LOCAL, c->peer_sk);
			return 0;
		}
	}
	if (conn_page_queued(c))
		conn_decide(c, slot, PF_CONN_READER, PF_CONN_LOCAL, c->peer_sk);
	return 0;
}

__noinline int conn_ask(__u32 slot)
{
	struct pf_conn *c = conn_at(slot);

	if (!c)
		return 0;
	if (c->flags & PF_CONN_LOCAL)
		conn_probe(slot);
	else if (!c->head)
		conn_seek(slot, 0);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * xmit.bpf.c - a device is given a packet.
 *
 * What a card does is not seen. It may read the page at any time from here on. A tun copies
 * pages when its reader takes the packet, and buffers of MSG_ZEROCOPY at once. For a device
 * without scatter-gather the stack has copied the bytes already.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "base/mode.bpf.h"
#include "kernel/device.bpf.h"
#include "flight/packet.bpf.h"
#include "flight/conn.bpf.h"
#include "flight/waiting.bpf.h"
#include "content/look.bpf.h"

/*
 * Is every copy of a connection's pages seen? It is if a tun makes them all. A socket can be
 * without a route when it takes its first page, and its route can change.
 */
static __noinline int xmit_settle(__u32 slot, __u64 sk, int late)
{
	struct pf_conn *c = conn_at(slot);

	if (!c || c->flags & PF_CONN_ORPHAN)
		return 0;
	if (late && c->flags & PF_CONN_ASK)
		conn_probe(slot);
	if (late && !(c->flags & (PF_CONN_WIRE | PF_CONN_LOCAL)) && c->tx_possible == c->nxt)
		conn_flag(c, PF_CONN_WIRE);
	else if (!late && c->sk == sk && c->flags & PF_CONN_WIRE)
		conn_unflag(c, PF_CONN_WIRE);
	return 0;
}

/*
 * The device that copies the first of its pages decides how a connection is watched: see
 * xmit_settle(). Until then it has transmitted none of them.
 */
static __noinline int xmit_settled(__u32 slot)
{
	struct pf_conn *c = conn_at(slot);

	if (c && c->watch & WATCH_XMIT && !(c->flags & (PF_CONN_WIRE | PF_CONN_ORPHAN)) &&
	    c->tx_possible != c->nxt)
		conn_unwatch(slot, WATCH_XMIT);
	return 0;
}

/*
 * Does the loopback device get a packet with fragments, while nobody sends buffers of his
 * own? It hands on all pages as they are.
 */
static __always_inline int xmit_is_looped(const struct sk_buff *skb, const struct net_device *dev)
{
	return !pf_xmit_conns && !pf_buffer_conns && dev->flags & IFF_LOOPBACK && skb->data_len;
}

/*
 * Is no page copied on the way of this socket's packet? A reader on this host copies only
 * private memory, and that has fingerprints. A socket that only reads sends none.
 */
static __always_inline int xmit_is_by_reference(__u64 sk)
{
	struct pf_sock *s = sock_find(sk);
	struct pf_conn *c;

	if (!s)
		return 0;
	if (!s->sends)
		return 1;
	c = conn_at(s->sends);
	return c && (c->flags & (PF_CONN_LOCAL | PF_CONN_ASK | PF_CONN_WIRE)) == PF_CONN_LOCAL &&
	       !conn_has_fp(c, seq_min(c->una, c->read));
}

/* A tun is given a packet. See on_buffers() for what it copies at once. */
static __always_inline __u32 xmit_hand(__u32 slot, __u64 skb)
{
	struct pf_conn *c = conn_at(slot);

	if (c)
		c->handed = skb;
	return LOOK_BUFFERS_NOW;
}

SEC("tp_btf/net_dev_start_xmit")
int ATOMIC_PROG(on_xmit, const struct sk_buff *skb, const struct net_device *dev)
{
	struct packet p = {};
	__u32 what = LOOK_XMIT;
	__u64 sk;
	int late;

	if (!content_wire() || !(pf_fp_conns | pf_xmit_conns) || xmit_is_looped(skb, dev))
		return 0;
	sk = number_of(skb->sk);
	if (sk && ((!pf_lingering_conns && sock_unwatched(sk)) || xmit_is_by_reference(sk)))
		return 0;
	if (!packet_parse(number_of(skb), &p))
		return 0;
	late = dev_copies_late(dev);
	xmit_settle(p.slot, sk, late);
	if (p.frags && late)
		what = xmit_hand(p.slot, number_of(skb));
	else if (p.frags && (dev_by_reference(dev) || dev_is_lo(dev)))
		what = LOOK_XMIT_BUFFERS;
	look_at_range(p.slot, p.seq, p.end, what, p.frags ? 0 : p.payload);
	xmit_settled(p.slot);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * xmit.bpf.c - the moment at which bytes are copied out of the page: by a
 * reader on this host, by a device, or by who reads a tun.
 *
 * What a card does is not seen; it is told of a packet in net_dev_start_xmit
 * and may read the page at any time from then on. A tun copies when its reader
 * takes the packet, but the buffers of MSG_ZEROCOPY at once; and what the stack
 * had to copy for a device without scatter-gather is private by then.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/conn.bpf.h"
#include "content/look.bpf.h"
#include "kernel/device.bpf.h"
#include "flight/packet.bpf.h"

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(on_xmit, const struct sk_buff *skb, const struct net_device *dev)
{
	struct packet p = {};
	__u32 what = LOOK_CARRIED;
	__u64 sk;

	if (!content_wire() || !pf_conns_now)
		return 0;
	sk = number_of(skb->sk);
	if ((sk && !pf_lingering_conns && sock_idle(sk)) || !packet_parse(number_of(skb), &p))
		return 0;
	if (p.frags && (dev_by_reference(dev) || dev_copies_late(dev) ||
			BPF_CORE_READ(dev, flags) & IFF_LOOPBACK))
		what = LOOK_PRIVATE;
	content_copying(p.slot, p.seq, p.end, what, p.frags ? 0 : p.payload);
	return 0;
}

/*
 * Whoever copies a packet's bytes to user space: a TCP reader, or the reader of
 * a tun. It may be preempted here for long, and then others are not called, so
 * this stands twice, as the write hooks do (write.bpf.c): the second does what
 * the first has not marked as done.
 */
static __always_inline int copy_is_done(__u32 slot, const struct sk_buff *skb, int second)
{
	__u64 mark = bpf_get_current_pid_tgid() << 32 ^ number_of(skb);
	struct pf_conn *c = conn_at(slot);
	int done = second && c && c->copying == mark;

	if (c)
		c->copying = second ? 0 : mark;
	return done;
}

/* The reader of a ring gives the packet back once it has copied it: on_consume(). */
static __always_inline void copy_note(const struct sk_buff *skb, const struct packet *p)
{
	struct pf_copy copy = { .skb = number_of(skb), .slot = p->slot, .seq = p->seq, .end = p->end };
	__u32 tid = bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&copies, &tid, &copy, BPF_ANY))
		count(PF_C_copies_full, 1);
}

static __always_inline int copy_look(const struct sk_buff *skb, int len, int second)
{
	struct packet p = {};
	struct pf_sock *s;
	__u64 sk;
	__u32 seq;

	if (!content_on() || !pf_conns_now)
		return 0;
	sk = number_of(skb->sk);
	if (sk) {
		if (!pf_local_conns || sock_idle(sk))
			return 0;
		s = sock_find(sk);
		if (!s || !s->reads || copy_is_done(s->reads, skb, second))
			return 0;
		seq = TCP_READ(sk, copied_seq);
		content_copying(s->reads, seq, seq + len, LOOK_COPY, 0);
	} else if (content_wire() && packet_parse(number_of(skb), &p) && p.frags &&
		   !copy_is_done(p.slot, skb, second)) {
		content_copying(p.slot, p.seq, p.end, LOOK_RING, 0);
		copy_note(skb, &p);
	}
	return 0;
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(on_copy, const struct sk_buff *skb, int len)
{
	return copy_look(skb, len, 0);
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(on_copy_2, const struct sk_buff *skb, int len)
{
	return copy_look(skb, len, 1);
}

/* Looked at again behind the copy: a store while it was made shows. */
static __always_inline int consume_look(const struct sk_buff *skb)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pf_copy *copy;

	if (!content_wire() || !pf_conns_now)
		return 0;
	copy = bpf_map_lookup_elem(&copies, &tid);
	if (!copy || copy->skb != number_of(skb))
		return 0;
	copy->skb = 0;
	content_copying(copy->slot, copy->seq, copy->end, LOOK_RING_DONE, 0);
	return 0;
}

SEC("tp_btf/consume_skb")
int BPF_PROG(on_consume, struct sk_buff *skb)
{
	return consume_look(skb);
}

SEC("tp_btf/consume_skb")
int BPF_PROG(on_consume_2, struct sk_buff *skb)
{
	return consume_look(skb);
}

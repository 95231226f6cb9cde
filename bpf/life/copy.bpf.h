/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copy.bpf.h - a reader copies a packet's bytes to user space: that of a TCP socket on
 * this host, or that of a tun.
 */
#ifndef PF_COPY_BPF_H
#define PF_COPY_BPF_H

#include "base/mode.bpf.h"
#include "flight/conn.bpf.h"
#include "flight/packet.bpf.h"
#include "flight/waiting.bpf.h"
#include "content/look.bpf.h"

/*
 * Has the first of two programs looked at this copy already? The kernel skips a program
 * that is active on the processor, and a reader may be preempted in it for long. So there
 * are two, as with the write hooks (hooks/write.bpf.c). The second looks at what the first
 * has not marked.
 */
static __always_inline int copy_is_done(__u32 slot, const struct sk_buff *skb, int second)
{
	__u64 mark = bpf_get_current_pid_tgid() << 32 ^ number_of(skb);
	struct pf_conn *c = conn_at(slot);
	int done = second && c && c->copy_mark == mark;

	if (c)
		c->copy_mark = second ? 0 : mark;
	return done;
}

/* Remember a copy out of a ring: when it is complete, the packet is freed. See consume_look(). */
static __always_inline void copy_note(const struct sk_buff *skb, const struct packet *p)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pf_copy *last = bpf_map_lookup_elem(&copies, &tid);
	struct pf_copy copy = {
		.skb = number_of(skb),
		.slot = p->slot,
		.seq = p->seq,
		.end = p->end,
	};

	/* A copy that failed, or was displaced, is never taken off. That costs time alone. */
	if (!last || !last->skb)
		__sync_fetch_and_add(&pf_open_copies, 1);
	if (bpf_map_update_elem(&copies, &tid, &copy, BPF_ANY))
		count(PF_C_copies_full, 1);
}

/*
 * The reader is about to copy these bytes out of its queue. What lies in front of c->taken is
 * not that of the pages: the kernel has collapsed this part of the queue.
 */
static __always_inline void copy_look_at_queue(struct pf_conn *c, __u32 slot, __u32 seq, __u32 end)
{
	__u32 from = seq_max(seq, c->taken);

	if (seq_after(end, from))
		look_at_range(slot, from, end, LOOK_READ, 0);
}

static __always_inline int copy_look(const struct sk_buff *skb, int len, int second)
{
	struct packet p = {};
	struct pf_sock *s;
	struct pf_conn *c;
	__u64 sk;
	__u32 seq;

	if (!content_on() || !(pf_fp_conns | pf_xmit_conns))
		return 0;
	sk = number_of(skb->sk);
	if (sk) {
		if (!pf_fp_conns || sock_idle(sk))
			return 0;
		s = sock_find(sk);
		c = s ? conn_at(s->reads) : NULL;
		if (!c || !conn_has_fp(c, c->read) || copy_is_done(s->reads, skb, second))
			return 0;
		seq = TCP_READ(sk, copied_seq);
		copy_look_at_queue(c, s->reads, seq, seq + len);
	} else if (content_wire() && packet_parse(number_of(skb), &p) && p.frags &&
		   !copy_is_done(p.slot, skb, second)) {
		look_at_range(p.slot, p.seq, p.end, LOOK_RING, 0);
		copy_note(skb, &p);
	}
	return 0;
}

/*
 * The buffers of MSG_ZEROCOPY that a packet had are copied. If a tun did that, look again: it
 * shows a store between the look as the tun was given the packet and the copy. Whoever else
 * gets a copy, as a packet socket does, leaves the packet as it is.
 */
static __always_inline int buffers_look(const struct sk_buff *skb)
{
	struct packet p = {};
	struct pf_conn *c;

	if (!content_wire() || !(pf_fp_conns | pf_xmit_conns) || !packet_parse(number_of(skb), &p))
		return 0;
	c = conn_at(p.slot);
	if (!c || c->handed != number_of(skb))
		return 0;
	c->handed = 0;
	look_at_range(p.slot, p.seq, p.end, LOOK_BUFFERS_DONE, 0);
	return 0;
}

/* Look again when the copy is complete: that shows a store while it was made. */
static __always_inline int consume_look(const struct sk_buff *skb)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pf_copy *copy;

	if (!content_wire() || !pf_open_copies)
		return 0;
	copy = bpf_map_lookup_elem(&copies, &tid);
	if (!copy || copy->skb != number_of(skb))
		return 0;
	copy->skb = 0;
	__sync_fetch_and_add(&pf_open_copies, -1);
	look_at_range(copy->slot, copy->seq, copy->end, LOOK_RING_DONE, 0);
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rtx.bpf.h - has a transmitted byte left this host? The skb that carries it waits in the
 * retransmit queue for its acknowledgement, and a clone goes down the stack. As long as a
 * clone is alive, in the qdisc, the driver or the ring of a tun, the bytes can still
 * change on their way.
 *
 * sk_wmem_alloc would be cheaper to read, but a tun or veth takes the skb away from its
 * socket long before the bytes are copied.
 *
 * A packet that the kernel cuts into segments before the device is another case: see
 * sock_segments() and page_referenced().
 *
 * An skb that is retransmitted while clones of it are alive gets a shared info of its own.
 * Clones older than the last one are not seen then, so the page is asked there, too.
 */
#ifndef PF_RTX_BPF_H
#define PF_RTX_BPF_H

#include "sock.bpf.h"

#define RTX_SKBS 8		/* skbs asked for one page; any more count as in this host */
#define RTX_DEPTH 40		/* of a red-black tree of 2^20 skbs */
#define SKB_FCLONE_ORIG_VALUE 1
#define SKB_DATAREF_BITS 0xffff

struct rtx_search {
	__u64 skb;		/* to ask next; in the end the one that was found, or 0 */
	__u32 seq;
	__u32 found;
};

static int on_rtx_step(__u32 i, struct rtx_search *s)
{
	__u64 node = s->skb + bpf_core_field_offset(struct sk_buff, rbnode);

	if (!s->skb)
		return 1;
	if (seq_after(SKB_CB_READ(s->skb, seq), s->seq))
		node = (__u64)KERNEL_READ(rb_node, node, rb_left);
	else if (!seq_after(SKB_CB_READ(s->skb, end_seq), s->seq))
		node = (__u64)KERNEL_READ(rb_node, node, rb_right);
	else
		s->found = 1;
	if (s->found)
		return 1;
	s->skb = node ? node - bpf_core_field_offset(struct sk_buff, rbnode) : 0;
	return 0;
}

/* skb_fclone_busy() or skb_cloned() of the kernel, whoever owns the clone by now. */
static __always_inline int skb_clone_alive(__u64 addr)
{
	struct sk_buff *skb = (struct sk_buff *)addr;
	__u64 info = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end);

	if (BPF_CORE_READ_BITFIELD_PROBED(skb, fclone) == SKB_FCLONE_ORIG_VALUE &&
	    KERNEL_READ(sk_buff_fclones, addr, fclone_ref.refs.counter) > 1)
		return 1;
	return (KERNEL_READ(skb_shared_info, info, dataref.counter) & SKB_DATAREF_BITS) > 1;
}

/* The skb of the retransmit queue that carries byte seq; 0 if none does. */
static __always_inline __u64 rtx_find(__u64 sk, __u32 seq)
{
	__u64 root = (__u64)SOCK_READ(sk, tcp_rtx_queue.rb_node);
	struct rtx_search s = { .seq = seq };

	s.skb = root ? root - bpf_core_field_offset(struct sk_buff, rbnode) : 0;
	bpf_loop(RTX_DEPTH, on_rtx_step, &s, 0);
	return s.skb;
}

/*
 * May a transmitted byte of [seq, end) still be in this host? With a small MSS one page is
 * in many skbs, each of which is asked. *ret_gso: was any of them a packet of more than one
 * segment? What is acknowledged of the range is in no skb any more.
 */
static __always_inline int rtx_in_host(__u64 sk, __u32 seq, __u32 end, int *ret_gso)
{
	__u32 una = TCP_READ(sk, snd_una), nxt = TCP_READ(sk, snd_nxt), at;

	at = seq_after(una, seq) ? una : seq;
	if (seq_after(end, nxt))
		end = nxt;
	for (int i = 0; i < RTX_SKBS; i++) {
		__u64 skb;

		if (!seq_after(end, at))
			return 0;
		skb = rtx_find(sk, at);
		if (!skb)
			return 0;
		if (skb_clone_alive(skb))
			return 1;
		*ret_gso |= SKB_CB_READ(skb, tcp_gso_segs) & ~1;	/* 2 or more */
		at = SKB_CB_READ(skb, end_seq);
	}
	return seq_after(end, at);
}

#endif

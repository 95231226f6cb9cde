/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queues.bpf.h - all that a TCP socket holds, in the order of its streams: what was
 * written and is not transmitted, what is not acknowledged, what waits for the reader,
 * what came out of order.
 *
 * The caller has the lock of the socket, so the queues stand still. A file that includes
 * this one defines queue_take(), which is given every contiguous piece.
 *
 * The state is a global, since kernels before 6.7 verify a bpf_loop() callback only with
 * what its first call has on the stack; see pf_zero. So one processor at a time may walk.
 * All but callbacks is inlined: the verifier allows eight frames on the stack.
 */
#ifndef PF_QUEUES_BPF_H
#define PF_QUEUES_BPF_H

#include "now.h"
#include "skb.bpf.h"

#define QUEUE_SKBS (1 << 20)	/* packets in one queue */
#define QUEUE_DEPTH 64		/* of a tree; a tree of packets is balanced */
#define QUEUE_FRAGS 64		/* MAX_SKB_FRAGS can be configured up to 45 */
#define QUEUE_LIST 4096		/* packets in the list of one packet */
#define TCP_FLAG_SYN 2

struct queue_walk {
	__u64 sk;
	__u64 skb;		/* that of the queue */
	__u64 head;		/* end of a list */
	__u64 node;		/* of a tree */
	__u64 part;		/* skb itself, or one of its frag_list */
	__u64 info;		/* skb_shared_info of that */
	__u32 frags;
	__u32 queue;		/* enum pf_now_queue */
	__u32 seq;		/* of the next byte */
	__u32 from;		/* bytes before it are not held any more */
	__u32 cut;
	__u32 stop;		/* queue_take() wants no more */
};

/* "used": the compiler would cut the global into its fields, which their BTF does not follow. */
static struct queue_walk walk __attribute__((used));

/* Contiguous bytes at an offset in a page; 0 stands for the linear part of a packet. */
static __noinline int queue_take(__u64 page, __u32 offset, __u32 seq, __u32 len);

/*
 * Packets overlap where a part was sent again or trimmed by an acknowledgement only in
 * thought. Each byte is given once, and what is acknowledged or read is left out.
 */
static __always_inline void queue_piece(__u64 page, __u32 offset, __u32 len)
{
	__u32 seq = walk.seq, end = seq + len;

	walk.seq = end;
	if (!seq_after(end, walk.from))
		return;
	if (seq_after(walk.from, seq)) {
		offset += walk.from - seq;
		seq = walk.from;
	}
	walk.from = end;
	queue_take(page, offset, seq, end - seq);
}

static int on_queue_frag(__u32 i, void *ctx)
{
	__u64 at = walk.info + bpf_core_field_offset(struct skb_shared_info, frags);
	struct bio_vec frag;	/* see skb_has_page() */

	if (i >= walk.frags || walk.stop)
		return 1;
	if (bpf_probe_read_kernel(&frag, sizeof(frag), (void *)(at + i * sizeof(frag)))) {
		walk.cut = 1;
		return 1;
	}
	queue_piece((__u64)frag.bv_page, frag.bv_offset, frag.bv_len);
	return 0;
}

static __always_inline void queue_part(__u64 part)
{
	__u32 linear = KERNEL_READ(sk_buff, part, len) - KERNEL_READ(sk_buff, part, data_len);

	walk.info = skb_info(part);
	walk.frags = KERNEL_READ(skb_shared_info, walk.info, nr_frags);
	if (linear)
		queue_piece(0, 0, linear);
	bpf_loop(QUEUE_FRAGS, on_queue_frag, NULL, 0);
}

/* The length of a packet with a frag_list counts these packets too, and so does data_len. */
static int on_queue_list(__u32 i, void *ctx)
{
	if (!walk.part || walk.stop)
		return 1;
	queue_part(walk.part);
	walk.part = (__u64)KERNEL_READ(sk_buff, walk.part, next);
	return 0;
}

static __always_inline void queue_skb(__u64 skb)
{
	walk.seq = SKB_CB_READ(skb, seq);
	if (SKB_CB_READ(skb, tcp_flags) & TCP_FLAG_SYN)
		walk.seq++;
	queue_part(skb);
	walk.part = skb_frag_list(skb);
	if (walk.part && bpf_loop(QUEUE_LIST, on_queue_list, NULL, 0) == QUEUE_LIST)
		walk.cut = 1;
}

static int on_list_skb(__u32 i, void *ctx)
{
	if (walk.skb == walk.head || walk.stop)
		return 1;
	if (!walk.skb) {	/* it could not be read: the list is a ring */
		walk.cut = 1;
		return 1;
	}
	queue_skb(walk.skb);
	walk.skb = (__u64)KERNEL_READ(sk_buff, walk.skb, next);
	return 0;
}

static int on_leftmost(__u32 i, void *ctx)
{
	__u64 left = (__u64)KERNEL_READ(rb_node, walk.node, rb_left);

	if (!left)
		return 1;
	walk.node = left;
	return 0;
}

/* Up until we come from the left. At the root the tree ends. */
static int on_climb_right(__u32 i, void *ctx)
{
	__u64 node = walk.node;
	__u64 parent = KERNEL_READ(rb_node, node, __rb_parent_color) & ~3ULL;

	walk.node = parent;
	return !parent || (__u64)KERNEL_READ(rb_node, parent, rb_right) != node;
}

static int on_tree_skb(__u32 i, void *ctx)
{
	__u64 right;

	if (!walk.node || walk.stop)
		return 1;
	queue_skb(walk.node - bpf_core_field_offset(struct sk_buff, rbnode));
	right = (__u64)KERNEL_READ(rb_node, walk.node, rb_right);
	if (right) {
		walk.node = right;
		bpf_loop(QUEUE_DEPTH, on_leftmost, NULL, 0);
	} else {
		bpf_loop(QUEUE_DEPTH, on_climb_right, NULL, 0);
	}
	return 0;
}

static __always_inline void queue_list(__u32 queue, __u64 head)
{
	walk.queue = queue;
	walk.head = head;
	walk.skb = (__u64)KERNEL_READ(sk_buff, head, next);
	if (bpf_loop(QUEUE_SKBS, on_list_skb, NULL, 0) == QUEUE_SKBS)
		walk.cut = 1;
}

static __always_inline void queue_tree(__u32 queue, __u64 root)
{
	walk.queue = queue;
	walk.node = root;
	if (!root)
		return;
	bpf_loop(QUEUE_DEPTH, on_leftmost, NULL, 0);
	if (bpf_loop(QUEUE_SKBS, on_tree_skb, NULL, 0) == QUEUE_SKBS)
		walk.cut = 1;
}

static __always_inline void queues_walk(__u64 sk)
{
	walk.sk = sk;
	walk.cut = 0;
	walk.stop = 0;
	walk.from = TCP_READ(sk, snd_una);
	queue_tree(PF_NOW_UNACKED, (__u64)SOCK_READ(sk, tcp_rtx_queue.rb_node));
	queue_list(PF_NOW_UNSENT, sk + bpf_core_field_offset(struct sock, sk_write_queue));
	walk.from = TCP_READ(sk, copied_seq);
	queue_list(PF_NOW_UNREAD, sk + bpf_core_field_offset(struct sock, sk_receive_queue));
	queue_tree(PF_NOW_EARLY, (__u64)TCP_READ(sk, out_of_order_queue.rb_node));
}

#endif

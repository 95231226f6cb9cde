/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * splice.bpf.h - pages that one call has appended to an skb, found from what it left
 * behind: those of MSG_SPLICE_PAGES by the iterator, those of MSG_ZEROCOPY by the skb.
 */
#ifndef PF_SPLICE_BPF_H
#define PF_SPLICE_BPF_H

#include "attach.bpf.h"

static __always_inline int sock_is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM;
}

/* The socket of an skb at the tail of its write queue; 0 if it is not TCP. */
static __always_inline __u64 sock_of_tail(struct sk_buff *skb)
{
	/* As a number: the verifier would hold skb->next to be an skb. */
	__u64 queue = number_of(skb->next), sk;
	struct sock *s;

	if (!queue || skb->next->prev != skb)
		return 0;
	sk = queue - bpf_core_field_offset(struct sock, sk_write_queue);
	s = TYPED(sock, sk);
	return sock_is_tcp(s) ? sk : 0;
}

/* The call has appended `copied` bytes to skb. */
static __always_inline void splice_attach(struct sk_buff *skb, struct iov_iter *iter, __u64 copied)
{
	struct run r = {};
	__u32 excluded;

	if (!filter_task()) {
		count(PF_C_filtered, pages_in(copied));
		return;
	}
	r.sk = sock_of_tail(skb);
	if (!r.sk)
		return;
	if (!filter_sock(TYPED(sock, r.sk))) {
		count(PF_C_filtered, pages_in(copied));
		return;
	}
	if (iter->iter_type != bpf_core_enum_value(enum iter_type, ITER_BVEC)) {
		count(PF_C_iter_cut, pages_in(copied));
		return;
	}
	excluded = filter_all(iter, copied);
	if (excluded) {
		count(PF_C_filtered, excluded);
		return;
	}
	r.left = copied;
	r.seq = TYPED(tcp_sock, r.sk)->write_seq + (__u32)copied;
	r.bvec = (__u64)iter->bvec;
	r.end = iter->iov_offset;
	if (r.end) {	/* part of the current bvec is taken */
		r.bvec += sizeof(struct bio_vec);
		if (run_bvec(&r))
			return;
		r.end = iter->iov_offset;
	}
	run_attach(&r);
}

/*
 * The call has appended `copied` bytes of its own memory to skb. skb_frag_t, up to 6.8
 * a bio_vec by name, is one in its layout since: a page, a length and an offset.
 */
static __always_inline void zerocopy_attach(struct sock *sk, struct sk_buff *skb, __u32 copied)
{
	__u64 info = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end);
	struct run r = {};

	if (!sock_is_tcp(sk))
		return;
	if (!filter_task() || !filter_sock(sk)) {
		count(PF_C_filtered, pages_in(copied));
		return;
	}
	r.sk = number_of(sk);
	r.zerocopy = 1;
	r.left = copied;
	r.seq = written(sk) + copied;
	r.bvec = info + bpf_core_field_offset(struct skb_shared_info, frags) +
		 KERNEL_READ(skb_shared_info, info, nr_frags) * sizeof(struct bio_vec);
	run_attach(&r);
}

#endif

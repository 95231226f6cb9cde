/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * splice.bpf.h - pages that one call has appended to an skb. The iterator leads to those of
 * MSG_SPLICE_PAGES, the skb itself to those of MSG_ZEROCOPY.
 */
#ifndef PF_SPLICE_BPF_H
#define PF_SPLICE_BPF_H

#include "attach.bpf.h"

static __always_inline int sock_is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM;
}

/*
 * The socket of an skb that is the last of its write queue: skb->next is the head of the
 * queue, a field of the socket. 0 if that is not TCP.
 */
static __always_inline __u64 sock_of_tail(struct sk_buff *skb)
{
	/* A number, since the verifier takes skb->next for an skb. */
	__u64 queue = number_of(skb->next), sk;
	struct sock *s;

	if (!queue || skb->next->prev != skb)
		return 0;
	sk = queue - bpf_core_field_offset(struct sock, sk_write_queue);
	s = TYPED(sock, sk);
	return sock_is_tcp(s) ? sk : 0;
}

static __always_inline int splice_at_risk(const struct append *a)
{
	__u64 mapping = append_mapping(a);

	return !mapping || risk_of(TYPED(address_space, mapping));
}

/* Note whose bytes somebody could change. */
static __always_inline void splice_exposed(const struct append *a)
{
	__u64 mapping = append_mapping(a);

	if (mapping)
		append_exposed(a, TYPED(address_space, mapping));
	else if (a->ones)
		exposed_each(a->first, a->pages);
}

/* The call has appended `copied` bytes to skb. */
static __always_inline void splice_attach(struct sk_buff *skb, struct iov_iter *iter, __u64 copied,
					  __u32 second)
{
	struct append a = { .second = second };
	__u32 excluded;

	if (!filter_task()) {
		append_count(&a, PF_C_filtered, pages_in(copied));
		return;
	}
	a.sk = sock_of_tail(skb);
	if (!a.sk)
		return;
	a.seq = TYPED(tcp_sock, a.sk)->write_seq + (__u32)copied;
	if (append_is_done(&a))
		return;
	if (!filter_sock(TYPED(sock, a.sk))) {
		append_count(&a, PF_C_filtered, pages_in(copied));
		return;
	}
	if (iter->iter_type != bpf_core_enum_value(enum iter_type, ITER_BVEC)) {
		append_count(&a, PF_C_iter_cut, pages_in(copied));
		return;
	}
	excluded = filter_all(iter, copied);
	if (excluded) {
		append_count(&a, PF_C_filtered, excluded);
		return;
	}
	a.left = copied;
	a.bvec = (__u64)iter->bvec;
	a.end = iter->iov_offset;
	if (a.end) {	/* a part of the current bvec was taken */
		a.bvec += sizeof(struct bio_vec);
		if (append_bvec(&a))
			return;
		a.end = iter->iov_offset;
	}
	append_follow(&a);
	splice_exposed(&a);
	append_finish(&a, append_waits(&a) && splice_at_risk(&a));
}

/*
 * The call has appended `copied` bytes of its caller's memory to skb. Up to 6.8 skb_frag_t
 * is a bio_vec; since then it has the same fields at the same offsets.
 */
static __always_inline void zerocopy_attach(struct sock *sk, struct sk_buff *skb, __u32 copied,
					    __u32 second)
{
	__u64 info = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end);
	struct append a = { .second = second };

	if (!sock_is_tcp(sk))
		return;
	if (!filter_task() || !filter_sock(sk)) {
		append_count(&a, PF_C_filtered, pages_in(copied));
		return;
	}
	a.sk = number_of(sk);
	a.zerocopy = 1;
	a.left = copied;
	a.seq = written(sk) + copied;
	if (append_is_done(&a))
		return;
	a.bvec = info + bpf_core_field_offset(struct skb_shared_info, frags) +
		 KERNEL_READ(skb_shared_info, info, nr_frags) * sizeof(struct bio_vec);
	append_follow(&a);
	if (a.ones)	/* it has mapped a file */
		exposed_each(a.first, a.pages);
	append_finish(&a, 1);
}

#endif

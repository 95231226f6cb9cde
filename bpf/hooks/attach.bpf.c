// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.bpf.c - the moment a socket takes a page by reference.
 *
 * 6.5 and later: skb_splice_from_iter() has just appended the pages in front
 * of the iterator's position; they are found by walking back from there, once
 * a call instead of once a page. It has no socket argument, but the skb is the
 * last of its socket's write queue, so skb->next is that queue's head.
 *
 * MSG_ZEROCOPY: skb_zerocopy_iter_stream() has just appended the sender's own
 * pages to an skb; they are its last fragments.
 *
 * Up to 6.4: do_tcp_sendpages(). It can return short, and it can sleep with
 * part of the page already queued: then that part is attached first.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "life/attach.bpf.h"

static __always_inline __u32 written(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? tp->write_seq : 0;
}

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

SEC("fexit/skb_splice_from_iter")
int BPF_PROG(on_splice, struct sk_buff *skb, struct iov_iter *iter, long maxsize)
{
	struct run r = {};
	__u64 copied = 0;
	__u32 excluded;

	if (bpf_get_func_ret(ctx, &copied) || (long)copied <= 0)
		return 0;
	if (!filter_task()) {
		count(PF_C_filtered, pages_in(copied));
		return 0;
	}
	r.sk = sock_of_tail(skb);
	if (!r.sk)
		return 0;
	if (!filter_sock(TYPED(sock, r.sk))) {
		count(PF_C_filtered, pages_in(copied));
		return 0;
	}
	if (iter->iter_type != bpf_core_enum_value(enum iter_type, ITER_BVEC)) {
		count(PF_C_iter_cut, pages_in(copied));
		return 0;
	}
	excluded = filter_all(iter, copied);
	if (excluded) {
		count(PF_C_filtered, excluded);
		return 0;
	}
	r.left = copied;
	r.seq = TYPED(tcp_sock, r.sk)->write_seq + (__u32)copied;
	r.bvec = (__u64)iter->bvec;
	r.end = iter->iov_offset;
	if (r.end) {	/* part of the current bvec is taken */
		r.bvec += sizeof(struct bio_vec);
		if (run_bvec(&r))
			return 0;
		r.end = iter->iov_offset;
	}
	run_attach(&r);
	return 0;
}

/*
 * skb_frag_t, up to 6.8 a bio_vec by name, is one in its layout since: a page,
 * a length and an offset.
 */
SEC("fexit/skb_zerocopy_iter_stream")
int BPF_PROG(on_zerocopy, struct sock *sk, struct sk_buff *skb)
{
	__u64 info = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end), copied = 0;
	struct run r = {};

	/* An int: its upper half is undefined. */
	if (bpf_get_func_ret(ctx, &copied) || (int)copied <= 0)
		return 0;
	if (!sock_is_tcp(sk))
		return 0;
	if (!filter_task() || !filter_sock(sk)) {
		count(PF_C_filtered, pages_in((__u32)copied));
		return 0;
	}
	r.sk = number_of(sk);
	r.zerocopy = 1;
	r.left = (__u32)copied;
	r.seq = written(sk) + (__u32)copied;
	r.bvec = info + bpf_core_field_offset(struct skb_shared_info, frags) +
		 KERNEL_READ(skb_shared_info, info, nr_frags) * sizeof(struct bio_vec);
	run_attach(&r);
	return 0;
}

static __always_inline struct pf_sendpage *sendpage_here(__u64 flags)
{
	return bpf_task_storage_get(&sendpages, bpf_get_current_task_btf(), NULL, flags);
}

/*
 * Through the typed pointer, without a helper; a tail leads to where there is
 * none. What is compound_head the verifier holds to be lru.next, the first
 * member of that union.
 */
static __always_inline void run_know(struct run *r, const struct page *page)
{
	if (number_of(page->lru.next) & 1)
		return;
	r->known = number_of(page);
	r->mapping = number_of(page->mapping);
	r->index = page->index;
}

/* The connection of the last page, if it is this one's: a hash lookup less. */
static __always_inline __u32 sendpage_conn(const struct pf_sendpage *s)
{
	struct pf_conn *c = conn_at(s->conn);

	return c && c->sk == s->sk && !(c->flags & (PF_CONN_ORPHAN | PF_CONN_FREED)) ? s->conn : 0;
}

/* Attach what was queued since the last look. */
static __always_inline void sendpage_commit(struct pf_sendpage *s, struct sock *sk,
					    const struct page *page)
{
	__u32 now = written(sk);
	struct run r = {};

	if (!seq_after(now, s->seq))
		return;
	if (page)
		run_know(&r, page);
	r.sk = s->sk;
	r.page = s->page;
	r.bv_offset = s->off;
	r.left = r.end = now - s->seq;
	r.seq = now;
	r.conn = sendpage_conn(s);
	run_attach(&r);
	s->conn = r.conn;
	s->off += now - s->seq;
	s->seq = now;
}

SEC("fentry/do_tcp_sendpages")
int BPF_PROG(on_sendpage, struct sock *sk, struct page *page, int offset, size_t size, int flags)
{
	struct pf_sendpage *s;

	if (!filter_task() || !filter_sock(sk))
		return 0;
	s = sendpage_here(BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s) {
		count(PF_C_iter_cut, 1);
		return 0;
	}
	s->sk = number_of(sk);
	s->page = number_of(page);
	s->off = offset;
	s->seq = written(sk);
	/* What is transmitted before it returns must find the connection. */
	if (content_wire())
		conn_of(s->sk, s->seq);
	return 0;
}

SEC("fexit/do_tcp_sendpages")
int BPF_PROG(on_sendpage_end, struct sock *sk, struct page *page, int offset, size_t size,
	     int flags, long copied)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (!s || s->sk != number_of(sk)) {
		/* It was not let in, so it is a filter's: now it is known how much. */
		if ((filter.by_task || filter.by_sock) && copied > 0)
			count(PF_C_filtered, pages_in(copied));
		return 0;
	}
	sendpage_commit(s, sk, page);
	s->sk = 0;
	return 0;
}

/* About to sleep for memory without the socket's lock: others may queue. */
SEC("fentry/sk_stream_wait_memory")
int BPF_PROG(on_wait_mem, struct sock *sk)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (s && s->sk == number_of(sk))
		sendpage_commit(s, sk, NULL);
	return 0;
}

SEC("fexit/sk_stream_wait_memory")
int BPF_PROG(on_wait_mem_end, struct sock *sk)
{
	struct pf_sendpage *s = sendpage_here(0);

	if (s && s->sk == number_of(sk))
		s->seq = written(sk);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.bpf.c - the moment a socket takes a page by reference.
 *
 * Since 6.5 skb_splice_from_iter() appends the pages in front of the position of the
 * iterator. A walk back from there finds them, once a call instead of once a page. The
 * function has no socket as an argument; the skb leads to it.
 *
 * skb_zerocopy_iter_stream() appends pages of the sender's own memory, for MSG_ZEROCOPY.
 * They are the last fragments of the skb.
 *
 * Up to 6.4 do_tcp_sendpages() appends one page. It can return short, and it can sleep
 * with a part of the page queued; that part is attached first.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "life/sendpage.bpf.h"
#include "life/splice.bpf.h"

/* Of each there are two: see append_is_done(). */
#define SPLICE_PROGRAM(name, second)							\
	SEC("fexit/skb_splice_from_iter")						\
	int ATOMIC_PROG(name, struct sk_buff *skb, struct iov_iter *iter, long maxsize)	\
	{										\
		__u64 copied = 0;							\
											\
		if (!bpf_get_func_ret(ctx, &copied) && (long)copied > 0)		\
			splice_attach(skb, iter, copied, second);			\
		return 0;								\
	}

SPLICE_PROGRAM(on_splice, 0)
SPLICE_PROGRAM(on_splice_2, 1)

/* The function returns an int, so the upper half is undefined. */
#define ZEROCOPY_PROGRAM(name, second)							\
	SEC("fexit/skb_zerocopy_iter_stream")						\
	int ATOMIC_PROG(name, struct sock *sk, struct sk_buff *skb)			\
	{										\
		__u64 copied = 0;							\
											\
		if (!bpf_get_func_ret(ctx, &copied) && (int)copied > 0)			\
			zerocopy_attach(sk, skb, copied, second);			\
		return 0;								\
	}

ZEROCOPY_PROGRAM(on_zerocopy, 0)
ZEROCOPY_PROGRAM(on_zerocopy_2, 1)

SEC("fentry/do_tcp_sendpages")
int ATOMIC_PROG(on_sendpage, struct sock *sk, struct page *page, int offset, size_t size, int flags)
{
	return sendpage_begin(sk, page, offset);
}

#define MSG_SENDPAGE_NOTLAST 0x20000	/* the caller has another page at once */

#define SENDPAGE_PROGRAM(name, second)							\
	SEC("fexit/do_tcp_sendpages")							\
	int ATOMIC_PROG(name, struct sock *sk, struct page *page, int offset,		\
			size_t size, int flags, long copied)				\
	{										\
		int last = !(flags & MSG_SENDPAGE_NOTLAST) || copied < (long)size;	\
											\
		return sendpage_end(sk, page, offset, last, copied, second);		\
	}

SENDPAGE_PROGRAM(on_sendpaged, 0)
SENDPAGE_PROGRAM(on_sendpaged_2, 1)

SEC("fentry/sk_stream_wait_memory")
int ATOMIC_PROG(on_wait_mem, struct sock *sk)
{
	return sendpage_wait(sk);
}

SEC("fexit/sk_stream_wait_memory")
int ATOMIC_PROG(on_wait_mem_end, struct sock *sk)
{
	return sendpage_go_on(sk);
}

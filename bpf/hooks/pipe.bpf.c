// SPDX-License-Identifier: GPL-2.0-only
/* pipe.bpf.c - a reader on this host splices from its socket into a pipe. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "flight/conn.bpf.h"
#include "life/pipe.bpf.h"

/* The pipe and the socket are locked, and the reader has not moved its copied_seq yet. */
SEC("fexit/skb_splice_bits")
int ATOMIC_PROG(on_pipe_fill, struct sk_buff *skb, struct sock *sk, unsigned int offset,
	     struct pipe_inode_info *pipe)
{
	__u64 spliced = 0;
	__u32 slot = 0;

	if (!reader_conn(number_of(sk), &slot))
		return 0;
	/* The function returns an int, so the upper half is undefined. */
	if (!bpf_get_func_ret(ctx, &spliced) && (int)spliced > 0)
		pipe_filled(slot, number_of(pipe), SKB_CB_READ(number_of(skb), seq) + offset,
			    spliced);
	return 0;
}

/* A buffer that came from a socket is consumed: its bytes are copied or spliced on. */
SEC("fentry/generic_pipe_buf_release")
int ATOMIC_PROG(on_pipe_drain, struct pipe_inode_info *pipe)
{
	__u64 number = number_of(pipe);
	__u32 slot = pipe_conn(number);

	if (slot)
		pipe_drained(slot, number);
	return 0;
}

SEC("fentry/free_pipe_info")
int ATOMIC_PROG(on_pipe_free, struct pipe_inode_info *pipe)
{
	__u64 number = number_of(pipe);
	__u32 slot = pipe_conn(number);

	if (slot)
		pipe_freed(slot, number);
	return 0;
}

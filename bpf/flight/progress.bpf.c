// SPDX-License-Identifier: GPL-2.0-only
/* progress.bpf.c - see progress.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/device.bpf.h"
#include "kernel/pipe.bpf.h"
#include "kernel/rtx.bpf.h"
#include "conn.bpf.h"
#include "progress.bpf.h"

__noinline int flight_in_host(__u32 n)
{
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;
	int gso = 0;

	if (!f || !c || flight_local(f, c))
		return 0;
	if (c->flags & PF_CONN_ORPHAN)
		return c->flags & PF_CONN_LINGERS && page_referenced(f->page, 0);
	if (!seq_after(TCP_READ(c->sk, snd_nxt), f->seq))
		return 0;
	if (rtx_in_host(c->sk, f->seq, f->seq + flight_len(f), &gso))
		return 1;
	return (c->resends || (gso && sock_segments(c->sk))) && page_referenced(f->page, 1);
}

/*
 * One buffer after the other is copied, and the first may be copied in part. If the kernel
 * has left it behind, a hook was skipped.
 */
__noinline __u32 piped_at_most(__u32 slot)
{
	struct pf_conn *c = conn_at(slot);
	__u32 piped, end, tail, first, left;
	__u64 pipe;

	if (!c)
		return 0;
	bpf_spin_lock(&c->lock);
	pipe = c->pipe;
	piped = c->piped;
	end = c->piped_end;
	tail = c->pipe_tail;
	first = c->pipe_first;
	bpf_spin_unlock(&c->lock);
	left = pipe ? pipe_buf_len(pipe, tail) : 0;
	if (!left || seq_after(PIPE_READ(pipe, tail), tail))
		return end;
	if (left > first || pipe_is_locked(pipe))
		return piped + first;
	return piped + first - left;
}

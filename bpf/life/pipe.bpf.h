/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipe.bpf.h - a reader on this host splices bytes from its socket into a pipe, as proxies
 * do. The pipe has the very pages, until its buffers are consumed: copied, spliced into
 * another socket, or dropped. So a flight goes on in the pipe.
 *
 * A buffer of a pipe does not say which bytes of a stream it has. But a pipe is a queue:
 * while it has bytes of one connection alone, those are the last ones that were spliced
 * into it, as many as it has bytes. So the bytes are added up after each buffer that is
 * consumed. A pipe with other bytes, too, is not followed, nor is a second pipe of a
 * connection. What is not followed counts as read, and is counted.
 *
 * Weak points: what tee(2) has copied, or splice(2) has moved, from this pipe to another
 * one counts as read.
 */
#ifndef PF_LIFE_PIPE_BPF_H
#define PF_LIFE_PIPE_BPF_H

#include "base/mode.bpf.h"
#include "content/look.bpf.h"
#include "end.bpf.h"

/* The reader of this connection has spliced n bytes from seq on into the pipe. */
int pipe_filled(__u32 slot, __u64 pipe, __u32 seq, __u32 n);

/* A buffer of the pipe was consumed: see how far the connection has come in it. */
int pipe_look_again(__u32 slot, __u64 pipe);

/* The connection with bytes in this pipe; 0 if there is none, as with nearly every pipe. */
static __always_inline __u32 pipe_conn(__u64 pipe)
{
	__u32 *slot = pf_pipes_now ? bpf_map_lookup_elem(&pipes, &pipe) : NULL;

	return slot ? *slot : 0;
}

/* The calls stand side by side, since older kernels have no stack for them in a row. */
static __always_inline void pipe_drained(__u32 slot, __u64 pipe)
{
	struct pf_conn *c = conn_at(slot);
	__u32 from;

	if (!c || c->pipe != pipe)
		return;
	from = c->piped;
	pipe_look_again(slot, pipe);
	if (content_on() && seq_after(c->piped, from))
		look_at_range(slot, from, c->piped, LOOK_READ_DONE, 0);
	reader_goes_on(c, slot);
}

/* The pipe is freed. What was in it is gone, or was moved to another pipe. */
static __always_inline void pipe_freed(__u32 slot, __u64 pipe)
{
	struct pf_conn *c = conn_at(slot);

	if (!c || c->pipe != pipe)
		return;
	pipe_forget(c);
	reader_goes_on(c, slot);
}

#endif

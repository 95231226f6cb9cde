// SPDX-License-Identifier: GPL-2.0-only
/* pipe.bpf.c - see pipe.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/pipe.bpf.h"
#include "pipe.bpf.h"

#define PIPE_BUFS 1024		/* of a larger pipe not all are looked at, so it is not followed */

struct pipe_view {
	__u64 pipe;
	__u32 at, head;
	__u32 left;		/* bytes in the pipe */
	__u32 tail, first;	/* number and bytes of the first buffer that has any */
	__u32 pad;
};

static int on_pipe_buf(__u32 i, struct pipe_view *v)
{
	__u32 len;

	if (v->at == v->head)
		return 1;
	len = pipe_buf_len(v->pipe, v->at);
	if (len && !v->left) {
		v->tail = v->at;
		v->first = len;
	}
	v->left += len;
	v->at++;
	return 0;
}

/* Count what is in a pipe. Returns 0, or -1 if it has too many buffers. */
static __noinline int pipe_look(__u64 pipe, struct pipe_view *v)
{
	v->pipe = pipe;
	v->at = v->tail = PIPE_READ(pipe, tail);
	v->head = PIPE_READ(pipe, head);
	v->left = v->first = pf_zero;
	v->pad = 0;
	bpf_loop(PIPE_BUFS, on_pipe_buf, v, 0);
	return v->at == v->head ? 0 : -1;
}

/* What piped_at_most() reads changes at once, or it would find too few bytes. */
static __always_inline void pipe_note(struct pf_conn *c, const struct pipe_view *v, __u32 more)
{
	bpf_spin_lock(&c->lock);
	c->piped_end += more;
	c->piped = c->piped_end - v->left;
	c->pipe_tail = v->tail;
	c->pipe_first = v->first;
	bpf_spin_unlock(&c->lock);
}

static __always_inline void pipe_not_followed(struct pf_conn *c, __u32 bytes)
{
	count(PF_C_piped, (bytes >> cfg.page_shift) + 1);
	conn_flag(c, PF_CONN_LOST);
}

/* Begin to follow a pipe. All that is in it is of this connection, so of no other one. */
static __always_inline int pipe_enter(struct pf_conn *c, __u32 slot, __u64 pipe, __u32 seq,
				      const struct pipe_view *v)
{
	struct pf_conn *other = conn_at(pipe_conn(pipe));

	if (other && other->pipe == pipe)
		pipe_forget(other);
	if (bpf_map_update_elem(&pipes, &pipe, &slot, BPF_NOEXIST))
		return -1;
	__sync_fetch_and_add(&pf_pipes_now, 1);
	c->piped_end = seq;
	pipe_note(c, v, v->left);
	barrier();
	c->pipe = pipe;
	return 0;
}

__noinline int pipe_filled(__u32 slot, __u64 pipe, __u32 seq, __u32 n)
{
	struct pf_conn *c = conn_at(slot);
	struct pipe_view v = {};
	__u32 most;

	if (!c)
		return 0;
	if (!c->pipe) {
		if (pipe_look(pipe, &v) || v.left != n || pipe_enter(c, slot, pipe, seq, &v))
			pipe_not_followed(c, n);
		return 0;
	}
	most = c->piped_end - c->piped + n;
	if (c->pipe == pipe && c->piped_end == seq && !pipe_look(pipe, &v) && v.left >= n &&
	    v.left <= most) {
		pipe_note(c, &v, n);
		return 0;
	}
	if (c->pipe != pipe)
		most = n;
	else
		pipe_forget(c);
	pipe_not_followed(c, most);
	return 0;
}

__noinline int pipe_look_again(__u32 slot, __u64 pipe)
{
	struct pf_conn *c = conn_at(slot);
	struct pipe_view v = {};
	__u32 had;

	if (!c)
		return 0;
	had = c->piped_end - c->piped;
	if (pipe_look(pipe, &v) || v.left > had) {	/* somebody else has filled it, too */
		pipe_not_followed(c, had);
		v.left = 0;
	}
	pipe_note(c, &v, 0);
	if (!v.left)
		pipe_forget(c);
	return 0;
}

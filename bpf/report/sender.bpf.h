/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sender.bpf.h - on whose behalf the kernel sends. The name of a worker does not tell:
 * nvme-tcp sends from any kworker, and from any thread that submits. The call chain does.
 * It is sent once for a connection, at the first page that the kernel gives it, and user
 * space finds the module in it.
 *
 * Who the process is, is kept at the first page that it gives a connection. A hit takes that
 * along: by then the process may be gone.
 */
#ifndef PF_SENDER_BPF_H
#define PF_SENDER_BPF_H

#include "kernel/task.bpf.h"
#include "record.bpf.h"

static __always_inline void sender_report(struct pf_conn *c)
{
	struct pf_ev_sender *r;

	if (c->sender_sent)
		return;
	r = record_new(PF_EV_SENDER, sizeof(*r));
	if (!r)
		return;		/* the loss is counted, and the next page tries again */
	c->sender_sent = 1;
	r->conn = c->id;
	r->pad = 0;
	r->stack_len = bpf_get_task_stack(bpf_get_current_task_btf(), r->stack,
					  sizeof(r->stack), 0);
	record_send(r);
}

/*
 * Keep who the current process is, which gives pages to this connection. If that fails, the
 * next page tries again.
 */
int sender_keep(__u32 slot, __u64 began);

/* The current process is mostly that of the call before. */
static __always_inline void sender_note(struct pf_conn *c, __u32 slot)
{
	__u64 began = task_began();

	if (c->sender_began != began)
		sender_keep(slot, began);
}

/* Fill in who sent a flight. A later process with the same number is somebody else. */
static __always_inline void sender_fill(struct pf_ev_hit *r, const struct pf_flight *f)
{
	struct pf_sender_who *s;
	__u32 pid = f->sender.pid;

	s = bpf_map_lookup_elem(&senders, &pid);
	if (s && s->began <= f->attached) {
		r->who = s->who;
		r->sender.flags |= PF_TASK_WHO;
	} else {
		__builtin_memset(&r->who, 0, sizeof(r->who));
	}
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sender.bpf.h - on whose behalf the kernel sends. The name of a worker does not tell:
 * nvme-tcp sends from any kworker, and from any thread that submits. The call chain does.
 * It is sent once for a connection, at the first page that the kernel gives it, and user
 * space finds the module in it.
 */
#ifndef PF_SENDER_BPF_H
#define PF_SENDER_BPF_H

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

#endif

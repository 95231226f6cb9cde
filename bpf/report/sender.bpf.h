/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sender.bpf.h - on whose behalf the kernel sends. A worker's name does not
 * tell: nvme-tcp sends from any kworker, and from whoever submits. The call
 * chain does, so it is taken once a connection, at its first page that the
 * kernel sends; user space finds the module in it.
 */
#ifndef PF_SENDER_BPF_H
#define PF_SENDER_BPF_H

#include "record.bpf.h"

static __always_inline void sender_tell(struct pf_conn *c)
{
	struct pf_ev_sender *r;

	if (c->told)
		return;
	r = record_new(PF_EV_SENDER, sizeof(*r));
	if (!r)
		return;		/* counted; the next page tries again */
	c->told = 1;
	r->conn = c->id;
	r->pad = 0;
	r->stack_len = bpf_get_task_stack(bpf_get_current_task_btf(), r->stack,
					  sizeof(r->stack), 0);
	record_send(r);
}

#endif

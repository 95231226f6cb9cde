/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * op.bpf.h - the record that follows the hits of one write.
 */
#ifndef PF_OP_BPF_H
#define PF_OP_BPF_H

#include "kernel/path.bpf.h"
#include "kernel/task.bpf.h"
#include "record.bpf.h"

/* Fill in what every write has: its number, its hits and its file. inode 0: no file. */
static __always_inline void op_fill(struct pf_ev_op *r, __u64 op, __u32 hits, __u64 inode,
				    __u64 dentry)
{
	r->op = op;
	r->hits = hits;
	r->flags = 0;
	inode_number(inode, &r->dev, &r->ino);
	path_of(r, dentry, inode);
}

/* The write is complete. */
static __always_inline void op_report(void *ctx, const struct pf_write *w)
{
	struct pf_ev_op *r = record_new(PF_EV_OP, sizeof(*r));

	if (!r)
		return;
	r->began = w->began;
	r->pos = w->pos;
	r->count = w->count;
	r->writer = w->writer;
	r->writer.flags |= PF_TASK_WHO;
	task_who(&r->who);
	r->stack_len = bpf_get_stack(ctx, r->stack, sizeof(r->stack), 0);
	op_fill(r, w->op, w->hits, w->inode, w->dentry);
	record_send(r);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * end.bpf.h - the end of flights and of connections.
 *
 * For a reader on another host a page is released by its acknowledgement. For
 * one on this host the reader's queue holds the very same page, so it is
 * released when it is acknowledged and copied out; the connection then outlives
 * its sending socket as an orphan.
 */
#ifndef PF_END_BPF_H
#define PF_END_BPF_H

#include "flight/conn.bpf.h"

/* End every flight that is over. Work is bounded; the next event goes on. */
int conn_drain(__u32 slot);

/* The reader on this host is gone, and its queue with it. */
static __always_inline void conn_reader_gone(struct pf_conn *c, __u32 slot, __u64 reader)
{
	int mine;

	bpf_spin_lock(&c->lock);
	mine = c->peer_sk == reader;	/* and not that of a connection that has taken the slot */
	if (mine) {
		c->flags |= PF_CONN_GONE;
		c->peer_sk = 0;
	}
	bpf_spin_unlock(&c->lock);
	if (mine)
		conn_drain(slot);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * end.bpf.h - the end of flights and of connections.
 *
 * If the reader is on another host, the acknowledgement releases a page. The queue of a
 * reader on this host has the very page, so the page is released when it is acknowledged
 * and read. The connection then outlives its sending socket as an orphan.
 */
#ifndef PF_END_BPF_H
#define PF_END_BPF_H

#include "flight/conn.bpf.h"

/* End the flights that are over. The work is bounded; the next event goes on. */
int conn_drain(__u32 slot);

/* What the reader has taken is read, but for what waits in a pipe and what is behind that. */
static __always_inline void conn_read(struct pf_conn *c)
{
	c->read = seq_max(c->read, c->pipe ? seq_min(c->taken, c->piped) : c->taken);
}

static __always_inline void reader_goes_on(struct pf_conn *c, __u32 slot)
{
	conn_read(c);
	conn_drain(slot);
}

/* The reader on this host is gone, and so is its queue. */
static __always_inline void conn_reader_gone(struct pf_conn *c, __u32 slot, __u64 reader)
{
	int mine;

	bpf_spin_lock(&c->lock);
	mine = c->peer_sk == reader;	/* else another connection has the number by now */
	if (mine) {
		c->flags |= PF_CONN_GONE;
		c->peer_sk = 0;
	}
	bpf_spin_unlock(&c->lock);
	if (mine)
		conn_drain(slot);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* settle.bpf.h - who reads a connection is asked until it is known. */
#ifndef PF_SETTLE_BPF_H
#define PF_SETTLE_BPF_H

#include "reader.bpf.h"

/*
 * Ask again who reads a connection. By now its reader has a socket if it is on this host:
 * the peer has acknowledged bytes, or the sender gives up. The caller drains the connection
 * afterwards. This is not inlined, for its stack.
 */
static __noinline int reader_settle(struct pf_conn *c, __u32 slot)
{
	if (c->flags & PF_CONN_LOCAL)
		conn_probe(slot);
	else if (conn_seek(slot, 1) && c->peer_sk)
		reader_took(c, slot, TCP_READ(c->peer_sk, copied_seq));
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.bpf.h - readers on this host: which connection a socket reads from, and how far
 * it has read.
 */
#ifndef PF_READER_BPF_H
#define PF_READER_BPF_H

#include "base/mode.bpf.h"
#include "kernel/sock.bpf.h"
#include "content/look.bpf.h"
#include "end.bpf.h"

/* The connection that a socket reads from, if it is the reader of one; else NULL. */
static __always_inline struct pf_conn *reader_conn(__u64 sk, __u32 *ret_slot)
{
	struct pf_conn *c;

	if (!pf_local_conns || sock_idle(sk))
		return NULL;
	c = conn_reading(sk, ret_slot);
	return c && c->peer_sk == sk ? c : NULL;
}

/* The reader has copied the bytes before this sequence number. */
static __always_inline void reader_has(struct pf_conn *c, __u32 slot, __u32 read)
{
	if (!seq_after(read, c->read))
		return;
	if (content_on())
		look_at_range(slot, c->read, read, LOOK_READ_DONE, 0);
	c->read = read;
	conn_drain(slot);
}

#endif

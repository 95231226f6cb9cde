/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.bpf.h - readers on this host: which connection a socket reads from, and how far
 * it has read.
 */
#ifndef PF_READER_BPF_H
#define PF_READER_BPF_H

#include "base/mode.bpf.h"
#include "flight/waiting.bpf.h"
#include "kernel/sock.bpf.h"
#include "content/look.bpf.h"
#include "end.bpf.h"

/*
 * The reader has taken the bytes before this sequence number out of its socket. Returns 1 if
 * that is news: then the caller drains the connection.
 */
static __always_inline int reader_took(struct pf_conn *c, __u32 slot, __u32 taken)
{
	__u32 copied = c->pipe ? seq_max(c->taken, c->piped_end) : c->taken;

	if (!seq_after(taken, c->taken))
		return 0;
	if (content_on() && seq_after(taken, copied) && conn_has_fp(c, copied))
		look_at_range(slot, copied, taken, LOOK_READ_DONE, 0);
	c->taken = taken;
	conn_read(c);
	return 1;
}

/* The same, and the connection is drained. */
static __always_inline void reader_has(struct pf_conn *c, __u32 slot, __u32 taken)
{
	if (reader_took(c, slot, taken))
		conn_drain(slot);
}

#endif

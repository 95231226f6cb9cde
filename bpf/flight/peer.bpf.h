/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer.bpf.h - who reads a connection: a socket on this host that gets the very pages, or
 * somebody else.
 */
#ifndef PF_PEER_BPF_H
#define PF_PEER_BPF_H

/* The socket at the other end of a connection, if it is on this host; else 0. */
__u64 sock_other_end(__u64 sk);

/*
 * Look for the reader of a connection of which nothing is known yet (PF_CONN_ASK alone).
 * last: who is not found now is elsewhere. Returns 1 if it was found by this call.
 */
int conn_seek(__u32 slot, __u32 last);

/*
 * Find out whether the known reader gets the very pages (PF_CONN_ASK and PF_CONN_LOCAL): by
 * the device, or by a page that is in its queue.
 */
int conn_probe(__u32 slot);

/* Ask who reads, as pages are appended: of the first pages, and what is not known since. */
int conn_ask(__u32 slot);

#endif

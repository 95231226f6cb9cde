/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.bpf.h - the bytes of a connection that a packet carries.
 */
#ifndef PF_PACKET_BPF_H
#define PF_PACKET_BPF_H

#include "base/maps.bpf.h"

struct packet {
	__u32 seq, end;		/* of its payload */
	__u32 slot;		/* of the connection it belongs to */
	__u32 frags;		/* number of fragments; 0: its bytes are a copy */
	__u64 payload;
};

/*
 * Fill in *p; returns 0 if the packet carries no bytes of a followed connection. This is a
 * global function, so that its stack is in use only while it runs.
 */
int packet_parse(__u64 skb, struct packet *p);

#endif

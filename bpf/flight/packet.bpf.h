/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.bpf.h - which bytes of which connection a packet carries.
 */
#ifndef PF_PACKET_BPF_H
#define PF_PACKET_BPF_H

#include "base/maps.bpf.h"

struct packet {
	__u32 seq, end;		/* of its payload */
	__u32 slot;		/* of the connection it belongs to */
	__u32 frags;		/* 0: its bytes are private */
	__u64 payload;
};

/*
 * Returns 0 if it carries none of a followed connection. Global: a function of
 * its own has its stack only while it runs.
 */
int packet_parse(__u64 skb, struct packet *p);

#endif

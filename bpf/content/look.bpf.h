/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * look.bpf.h - to look at a flight is to compare its bytes, by their fingerprint, with
 * what they were. A look sees what no hook can: stores through a mapping, writers below
 * the page cache, buffers of MSG_ZEROCOPY that are used again too early.
 *
 * A flight is looked at when the socket takes it, around every write that a hook sees,
 * when its bytes are copied (by a reader on this host, or in mode wire by the device), and
 * when it ends. A difference between two looks that no write explains is a change by
 * somebody unknown, and a hit of its own.
 */
#ifndef PF_LOOK_BPF_H
#define PF_LOOK_BPF_H

#include "flight/progress.bpf.h"
#include "report/hit.bpf.h"

/*
 * Look at flight n, and report a change that no write explains. Returns 1 if `last` of the
 * flight is now the fingerprint of its bytes. `seen` is what the caller has just seen these
 * bytes have, or 0.
 */
int look_at_flight(__u32 n, struct unseen *u, const struct copy_bounds *bounds, __u64 seen);

/* Send the record that follows the hits of an unseen change, if there are any. */
int look_end(struct unseen *u);

/* What is known of a copy of [seq, end): who makes it, of which memory, and when. */
#define LOOK_DEVICE	1u	/* a device makes it; without this a reader on this host */
#define LOOK_PAGES	2u	/* a device copies pages that the socket shares with a file */
#define LOOK_BUFFERS	4u	/* a device copies buffers of MSG_ZEROCOPY */
#define LOOK_AFTER	8u	/* it has been made; without this it is about to be made */
#define LOOK_AGAIN	16u	/* it will be looked at again when it has been made */

#define LOOK_READ	0u
#define LOOK_READ_DONE	LOOK_AFTER
#define LOOK_XMIT	(LOOK_DEVICE | LOOK_PAGES | LOOK_BUFFERS)
/* A device hands the packet on, or queues it for its reader: it copies only buffers now. */
#define LOOK_XMIT_BUFFERS (LOOK_DEVICE | LOOK_BUFFERS)
/* A tun copies buffers, as it takes the packet. */
#define LOOK_BUFFERS_NOW (LOOK_XMIT_BUFFERS | LOOK_AGAIN)
#define LOOK_BUFFERS_DONE (LOOK_XMIT_BUFFERS | LOOK_AFTER)
/* Its reader copies all other bytes. */
#define LOOK_RING	(LOOK_DEVICE | LOOK_PAGES | LOOK_AGAIN)
#define LOOK_RING_DONE	(LOOK_DEVICE | LOOK_PAGES | LOOK_AFTER)

/*
 * Look at the flights of a connection in [seq, end), which are copied; what is LOOK_* bits.
 * payload is where a packet has its own copy of the bytes, or 0.
 */
int look_at_range(__u32 slot, __u32 seq, __u32 end, __u32 what, __u64 payload);

/*
 * Look at what waits for a reader on this host up to `end`, some of it with each call: the
 * next call goes on behind it.
 */
int look_at_queue(__u32 slot, __u32 end);

#endif

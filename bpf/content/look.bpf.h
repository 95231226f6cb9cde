/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * look.bpf.h - what the bytes of a flight are, told by their fingerprint
 * (fingerprint.h). It sees what no hook can: stores through a mapping, readers of
 * disks and other processes that write into one, buffers of MSG_ZEROCOPY that
 * are used again too early.
 *
 * A flight is looked at when the socket takes it, around every write that a
 * hook sees, when its bytes are copied (by a reader on this host, or in mode
 * wire by the device), and when it ends. A difference between two looks that
 * no write explains is a change by somebody unknown: a hit of its own.
 */
#ifndef PF_CONTENT_BPF_H
#define PF_CONTENT_BPF_H

#include "report/hit.bpf.h"
#include "flight/progress.bpf.h"

/*
 * Look at flight n; if it changed and no write did it, report that. Returns 1
 * if `last` is now what its bytes are.
 */
int look_at_flight(__u32 n, struct unseen *u, const struct copy_bounds *bounds);

/* The record that closes the hits of an unseen change. */
int look_end(struct unseen *u);

#define LOOK_READ	1u	/* a reader here is about to copy [seq, end) */
#define LOOK_READ_DONE	2u	/* it has */
#define LOOK_XMIT	3u	/* a device is about to copy it, or to be told to */
#define LOOK_XMIT_PRIVATE	4u	/* the same, of private memory only: the rest it copies later */
#define LOOK_RING	5u	/* the rest */
#define LOOK_RING_DONE	6u	/* it has been copied */

/*
 * Look at the flights of a connection in [seq, end), which are being copied; or
 * have been, to `payload` of the packet, if that is not 0.
 */
int look_at_range(__u32 slot, __u32 seq, __u32 end, __u32 what, __u64 payload);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.bpf.h - connections whose packets are looked at as they are transmitted and copied.
 * Of most there is nothing to see: they have no fingerprint, and how far their device has
 * copied is not known anyway. Their packets cost one comparison.
 */
#ifndef PF_WATCH_BPF_H
#define PF_WATCH_BPF_H

#include "base/maps.bpf.h"
#include "socks.bpf.h"

#define WATCH_FP	1u	/* some of its flights have fingerprints */
/*
 * Mode wire: every copy of its pages is seen (PF_CONN_WIRE), or that will be decided by the
 * device that copies the first of them.
 */
#define WATCH_XMIT	2u

#define WATCH_COUNT	(1u << 16)	/* in the upper half of a word of `sock_counts` */

/* Is no connection watched that hashes to this socket? */
static __always_inline int sock_unwatched(__u64 sk)
{
	__u32 *n = sock_count(sk);

	return !n || *n < WATCH_COUNT;
}

/* These are global functions, so that their stack is in use only while they run. */
int conn_watch(__u32 slot, __u32 why);
int conn_unwatch(__u32 slot, __u32 why);

/* Fingerprints of the connection were released up to here. */
int conn_unwatch_fp(__u32 slot, __u32 released);

#endif

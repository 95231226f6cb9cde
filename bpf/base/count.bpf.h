/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * count.bpf.h - counters, and the histograms of lifetimes. Everything that can fail has
 * a counter.
 */
#ifndef PF_COUNT_BPF_H
#define PF_COUNT_BPF_H

#include "maps.bpf.h"

static __always_inline struct pf_stats *stats_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

/* Counters are per CPU, but a program in an interrupt may count between load and store. */
static __always_inline void count(enum pf_counter c, __u64 n)
{
	struct pf_stats *s = stats_here();

	if (s)
		__sync_fetch_and_add(&s->count[c], n);
}

/* Slot of a lifetime in ns: 0 below 1 us, n for [2^(n-1), 2^n) us. */
static __always_inline __u32 lifetime_slot(__u64 ns)
{
	__u64 us = ns / 1000;
	__u32 slot = 0;

	if (us >> 32)
		return PF_HIST_SLOTS - 1;
	if (us >> 16) { slot += 16; us >>= 16; }
	if (us >> 8) { slot += 8; us >>= 8; }
	if (us >> 4) { slot += 4; us >>= 4; }
	if (us >> 2) { slot += 2; us >>= 2; }
	if (us >> 1) { slot += 1; us >>= 1; }
	slot += us;
	return slot < PF_HIST_SLOTS ? slot : PF_HIST_SLOTS - 1;
}

/*
 * Do two lifetimes have one slot? They do if their highest set bit is the same. Then the
 * AND has that bit and the XOR has not; else the XOR has the higher of the two.
 */
static __always_inline int lifetime_alike(__u64 ns, __u64 other)
{
	__u64 us = ns / 1000, other_us = other / 1000;
	__u64 different = us ^ other_us, common = us & other_us;

	return different <= common;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slots.bpf.h - numbers of the elements of an array. Those that were released are in a
 * stack; those above `fresh` were never used.
 */
#ifndef PF_SLOTS_BPF_H
#define PF_SLOTS_BPF_H

#include "maps.bpf.h"

/* Reserve a number from 1 to max; 0 if none is free. */
static __always_inline __u32 slot_reserve(void *given_back, __u32 *fresh, __u32 max)
{
	__u32 slot = 0;

	if (!bpf_map_pop_elem(given_back, &slot))
		return slot;
	if (*fresh >= max)	/* else the count would wrap around in time */
		return 0;
	slot = __sync_fetch_and_add(fresh, 1) + 1;
	return slot <= max ? slot : 0;
}

#endif

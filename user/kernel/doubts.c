// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* doubts.c - see doubts.h. */
#include "doubts.h"

#include <bpf/bpf.h>

#include "base/clock.h"

#define HOOK_NS (100 * NSEC_PER_MSEC)	/* from the count of a mapping to the hook */

static bool is_told(int mapped, __u32 bit)
{
	__u32 at = bit >> 6;
	__u64 word = 0;

	return bpf_map_lookup_elem(mapped, &at, &word) || word >> (bit & 63) & 1;
}

unsigned int doubts_check(volatile struct pf_doubt doubts[PF_DOUBTS], int mapped, bool last)
{
	__u64 now = clock_mono_ns();
	unsigned int untold = 0;

	for (int i = 0; i < PF_DOUBTS; i++) {
		__u64 since = doubts[i].since;

		if (!since || (!last && now < since + HOOK_NS))
			continue;
		untold += !is_told(mapped, doubts[i].bit);
		doubts[i].since = 0;
	}
	return untold;
}

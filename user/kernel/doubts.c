// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* doubts.c - see doubts.h. */
#include "doubts.h"

#include <bpf/bpf.h>

#include "base/clock.h"

#define HOOK_NS (100 * NSEC_PER_MSEC)	/* from the count of a mapping to the hook */
#define DOUBTS_MAX 4096

static bool is_told(int mapped, __u32 bit)
{
	__u32 at = bit >> 6;
	__u64 word = 0;

	return bpf_map_lookup_elem(mapped, &at, &word) || word >> (bit & 63) & 1;
}

__u64 doubts_check(int doubts, int mapped, bool last, __u32 *ret_taken)
{
	__u64 now = clock_mono_ns(), since, untold = 0;
	__u32 keys[DOUBTS_MAX], n = 0, taken = 0;

	/* A key that is deleted leads to no other. */
	while (n < DOUBTS_MAX && !bpf_map_get_next_key(doubts, n ? &keys[n - 1] : NULL, &keys[n]))
		n++;
	for (__u32 i = 0; i < n; i++) {
		if (bpf_map_lookup_elem(doubts, &keys[i], &since) ||
		    (!last && now < since + HOOK_NS))
			continue;
		untold += !is_told(mapped, keys[i]);
		taken += !bpf_map_delete_elem(doubts, &keys[i]);
	}
	*ret_taken = taken;
	return untold;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * clock - monotonic and wall-clock time.
 */
#include "clock.h"

#include <time.h>

#define TRIES 4
#define QUICK_NS 2000

static __u64 read_ns(clockid_t id)
{
	struct timespec ts;

	/* Both clocks exist on every Linux; the call cannot fail. */
	clock_gettime(id, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

__u64 clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

/* Another thread may run between two looks, so the offset is that of the quickest of some. */
__u64 clock_wall_ns(__u64 mono_ns)
{
	__u64 least = (__u64)-1, offset = 0;

	for (int i = 0; i < TRIES && least > QUICK_NS; i++) {
		__u64 before = read_ns(CLOCK_MONOTONIC);
		__u64 wall = read_ns(CLOCK_REALTIME);
		__u64 took = read_ns(CLOCK_MONOTONIC) - before;

		if (took >= least)
			continue;
		least = took;
		offset = wall - (before + took / 2);
	}
	return mono_ns + offset;
}

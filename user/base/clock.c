// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * clock - monotonic and wall-clock time.
 */
#include "clock.h"

#include <time.h>

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

__u64 clock_wall_ns(__u64 mono_ns)
{
	__u64 mono = read_ns(CLOCK_MONOTONIC);
	__u64 wall = read_ns(CLOCK_REALTIME);

	return wall - (mono - mono_ns);
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * clock - the two clocks: CLOCK_MONOTONIC, which the kernel side stamps
 * records with, and UTC, which people read.
 */
#ifndef PAGEFLIGHT_CLOCK_H
#define PAGEFLIGHT_CLOCK_H

#include <linux/types.h>

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull

__u64 clock_mono_ns(void);

/*
 * A moment of CLOCK_MONOTONIC as nanoseconds of UTC since the epoch. The offset
 * between the two clocks is that of now: if UTC was set since that moment, the
 * answer follows the new setting.
 */
__u64 clock_wall_ns(__u64 mono_ns);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * doubts - files that were found mapped by the release of their pages
 * (bpf/content/doubt.bpf.h): has the hook of mappings told of them since?
 */
#ifndef PAGEFLIGHT_DOUBTS_H
#define PAGEFLIGHT_DOUBTS_H

#include <stdbool.h>
#include <linux/types.h>

/*
 * Go through the map `doubts`, and take out what is decided. Younger ones than a moment
 * are left, unless this is the last call. Returns how many the hook has not told of;
 * *ret_taken is how many entries are gone.
 */
__u64 doubts_check(int doubts, int mapped, bool last, __u32 *ret_taken);

#endif

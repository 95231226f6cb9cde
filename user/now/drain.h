/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * drain - references to pages that last only since nothing makes the kernel drop them:
 * pages that wait in batches for their LRU list, and packets that were read on another
 * processor than they were made on, and wait to be freed there.
 */
#ifndef PAGEFLIGHT_DRAIN_H
#define PAGEFLIGHT_DRAIN_H

#include <linux/types.h>

/*
 * Have them dropped, on all processors, and wait for that, but not for longer than it says. It
 * is worth a try, and does not always work.
 */
void drain_references(__u64 wait_ns);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * kallsyms_cache - a table of the running kernel's functions. It is read when it is
 * first needed, and again after a module was loaded or unloaded.
 */
#ifndef PAGEFLIGHT_KALLSYMS_CACHE_H
#define PAGEFLIGHT_KALLSYMS_CACHE_H

#include "base/kallsyms.h"

struct kallsyms_cache;

/* 0 or -ENOMEM. */
int kallsyms_cache_new(struct kallsyms_cache **ret_cache);

/*
 * The table as of `now`, CLOCK_MONOTONIC; NULL if the kernel hides its addresses.
 * It is valid until the next call.
 */
const struct kallsyms *kallsyms_cache_get(struct kallsyms_cache *s, __u64 now);

/* NULL is allowed. */
void kallsyms_cache_free(struct kallsyms_cache *s);

#endif

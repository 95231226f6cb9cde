/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * kallsyms_cache - the running kernel's functions: a table of them that is read when
 * it is first needed, and again after modules came or went.
 */
#ifndef PAGEFLIGHT_KALLSYMS_CACHE_H
#define PAGEFLIGHT_KALLSYMS_CACHE_H

#include "base/kallsyms.h"

struct kallsyms_cache;

/* 0 or -ENOMEM. */
int kallsyms_cache_new(struct kallsyms_cache **ret_cache);

/*
 * The table, at `now` of CLOCK_MONOTONIC; NULL if the kernel does not tell.
 * Valid until the next call.
 */
const struct kallsyms *kallsyms_cache_get(struct kallsyms_cache *s, __u64 now);

/* NULL is allowed. */
void kallsyms_cache_free(struct kallsyms_cache *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * kallsyms_cache - a table of the running kernel's functions. It is read when it is
 * first needed, and again after a module was loaded or unloaded.
 */
#ifndef PAGEFLIGHT_KALLSYMS_CACHE_H
#define PAGEFLIGHT_KALLSYMS_CACHE_H

#include "base/kallsyms.h"

struct kallsyms_cache;

/* Of the files in proc, which is "/proc". 0 or -ENOMEM. */
int kallsyms_cache_new(struct kallsyms_cache **ret_cache, const char *proc);

/*
 * The table as of `now`, CLOCK_MONOTONIC; NULL if the kernel hides its addresses.
 * It is valid until the next call. If modules come and go all the time, reading the
 * table takes a twentieth of the time at most, and a table that is too old shows no
 * functions of modules. Whoever needs them asks with `modules`.
 */
const struct kallsyms *kallsyms_cache_get(struct kallsyms_cache *s, __u64 now, bool modules);

/* NULL is allowed. */
void kallsyms_cache_free(struct kallsyms_cache *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * symbols - the running kernel's functions: a table of them that is read when
 * it is first needed, and again after modules came or went.
 */
#ifndef PAGEFLIGHT_SYMBOLS_H
#define PAGEFLIGHT_SYMBOLS_H

#include "base/kallsyms.h"

struct symbols;

/* 0 or -ENOMEM. */
int symbols_new(struct symbols **ret_symbols);

/*
 * The table, at `now` of CLOCK_MONOTONIC; NULL if the kernel does not tell.
 * Valid until the next call.
 */
const struct kallsyms *symbols_get(struct symbols *s, __u64 now);

/* NULL is allowed. */
void symbols_free(struct symbols *s);

#endif

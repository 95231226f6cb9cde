/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* exposed_take - what the kernel side noted of files that somebody could change. */
#ifndef PAGEFLIGHT_EXPOSED_TAKE_H
#define PAGEFLIGHT_EXPOSED_TAKE_H

#include "exposed.h"

typedef void (*exposed_fn)(void *ctx, const struct pf_exposed *e);

/* Give each place of the table that is ready to fn, and free it. */
void exposed_take(struct pf_exposed table[PF_EXPOSED], exposed_fn fn, void *ctx);

#endif

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* exposed_take.c - see exposed_take.h. A program that has found a place meanwhile may add to it still: that is lost. */
#include "exposed_take.h"

void exposed_take(struct pf_exposed table[PF_EXPOSED], exposed_fn fn, void *ctx)
{
	for (int i = 0; i < PF_EXPOSED; i++) {
		struct pf_exposed *e = &table[i], taken;

		if (!__atomic_load_n(&e->ready, __ATOMIC_ACQUIRE))
			continue;
		__atomic_store_n(&e->ready, 0, __ATOMIC_SEQ_CST);
		taken = *e;
		__atomic_store_n(&e->inode, 0, __ATOMIC_RELEASE);
		if (taken.pages)
			fn(ctx, &taken);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * loss - what each loss counter means for the verdicts. Pure.
 */
#ifndef PAGEFLIGHT_LOSS_H
#define PAGEFLIGHT_LOSS_H

#include "pageflight.h"

enum loss_effect {
	LOSS_NONE,	/* not a loss */
	LOSS_HIDES,	/* incidents; those that are reported stand */
	LOSS_DELAYS,
	LOSS_MARKS,	/* the kernel side marks the connection: PF_HIT_LOST */
	LOSS_WEAKENS,	/* what waits at that time can not become harmless any more */
};

enum loss_effect loss_effect(enum pf_counter counter);

/* Of skipped invocations. */
enum loss_effect loss_effect_of_role(enum pf_role role);

/* Was anything lost between the two that weakens what waits? */
bool loss_weakens(const struct pf_totals *before, const struct pf_totals *now);

#endif

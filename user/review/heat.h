/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * heat - how long pages were in flight, over the time of a session: columns of time, rows
 * of lifetimes that double, and the incidents on it.
 */
#ifndef PAGEFLIGHT_HEAT_H
#define PAGEFLIGHT_HEAT_H

#include <stdio.h>
#include "review.h"

#define HEAT_COLUMNS 64

struct heat {
	__u64 from, to;		/* mono */
	int low, high;		/* slots of the histogram that have anything; low > high: none */
	__u64 pages[PF_HIST_SLOTS][HEAT_COLUMNS];
	char marks[PF_HIST_SLOTS][HEAT_COLUMNS];	/* 'C', 'm' or 0 */
};

void heat_of(const struct review *v, struct heat *ret_heat);

void heat_print(FILE *out, const struct review *v, const struct heat *heat);

#endif

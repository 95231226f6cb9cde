/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* overview - a recording in words: the summary, what was worst, how long pages were in flight, the cases. */
#ifndef PAGEFLIGHT_OVERVIEW_H
#define PAGEFLIGHT_OVERVIEW_H

#include <stdio.h>
#include "review.h"

/* The caller finds errors of the write by sink_flush(). 0 or -ENOMEM. */
int overview_print(FILE *out, const struct review *v);

/* Two recordings side by side, before and after. 0 or -ENOMEM. */
int compare_print(FILE *out, const struct review *a, const struct review *b);

/* What each peer has to fetch again. 0 or -ENOMEM. */
int repair_print(FILE *out, const struct review *v);

#endif

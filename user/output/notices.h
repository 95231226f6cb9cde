/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * notices - what a session says on stderr about itself: what it can detect, and
 * what it loses meanwhile.
 */
#ifndef PAGEFLIGHT_NOTICES_H
#define PAGEFLIGHT_NOTICES_H

#include <stddef.h>

struct filter;
struct hook;
struct pf_totals;

/* Print one line on what is attached, and one on each thing that is not detected. */
void notices_hooks(const struct hook *hooks, size_t n);

/* Print a line if the content mode is less than was asked for. */
void notices_content(int asked, int got);

/* Print which filters are on, or nothing if none is. NULL is allowed. */
void notices_filter(const struct filter *filter);

/* Print a line for each loss counter that rose from `before` to `now`. */
void notices_losses(const struct pf_totals *before, const struct pf_totals *now);

#endif

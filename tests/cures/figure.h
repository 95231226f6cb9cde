/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* figure - rounds of a measurement, and how they are printed. */
#ifndef CURES_FIGURE_H
#define CURES_FIGURE_H

#include <stdbool.h>

#define SIZES	  5
#define ROUNDS	  9
#define MAX_CURES 12

struct cure;

/* [cure][size][round] */
typedef double figures[MAX_CURES][SIZES][ROUNDS];

/* The sizes of files that are measured, and how many rounds each is. */
extern const unsigned int sizes[SIZES];
int rounds_of(unsigned int size);

/*
 * A table in Markdown with a row for each cure: the middle figure and both ends, "12.3 (11.9-14.0)".
 * ratios: the rows behind the first are that of the figure to the first's of the same round.
 */
void print_table(const char *unit, const struct cure *const *rows, int n, figures f, bool ratios);

#endif

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* figure - see figure.h. */
#include "figure.h"

#include <stdio.h>

#include "bench/median.h"
#include "cure.h"

const unsigned int sizes[SIZES] = { 4 << 10, 64 << 10, 1 << 20, 16 << 20, 1 << 30 };

int rounds_of(unsigned int size)
{
	return size > 64 << 20 ? 3 : ROUNDS;
}

/* Three digits that count, unless there are more before the point. */
static void print_number(double value, const char *behind)
{
	printf("%.*f%s", value < 10 ? 2 : value < 100 ? 1 : 0, value, behind);
}

static void print_cell(const double *values, const double *first, int n)
{
	double sorted[ROUNDS];

	for (int i = 0; i < n; i++)
		sorted[i] = first ? values[i] / first[i] : values[i];
	print_number(median(sorted, n), first ? "x (" : " (");
	print_number(sorted[0], "-");
	print_number(sorted[n - 1], ") |");
}

void print_table(const char *unit, const struct cure *const *rows, int n, figures f, bool ratios)
{
	printf("\n| %s | 4 KiB | 64 KiB | 1 MiB | 16 MiB | 1 GiB |\n|---|--:|--:|--:|--:|--:|\n", unit);
	for (int i = 0; i < n; i++) {
		printf("| %s |", rows[i]->name);
		for (int size = 0; size < SIZES; size++) {
			printf(" ");
			print_cell(f[i][size], i && ratios ? f[0][size] : NULL,
				   rounds_of(sizes[size]));
		}
		printf("\n");
	}
	fflush(stdout);
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* median - the middle one of a few figures. */
#ifndef BENCH_MEDIAN_H
#define BENCH_MEDIAN_H

/* Sorts the values. */
double median(double *values, int n);

#endif

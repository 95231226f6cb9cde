/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* say - how the benches give up, and what time it is. */
#ifndef BENCH_SAY_H
#define BENCH_SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* End the program with status 1 unless ok, with errno's words. */
void must(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* In nanoseconds; under --icount in instructions of the guest. */
uint64_t now_ns(clockid_t clock);

/* The middle one of n values, which are sorted by it. */
double median(double *values, int n);

#endif

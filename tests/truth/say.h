/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* say - how the bench speaks and gives up: stderr, and exit status 1. */
#ifndef TRUTH_SAY_H
#define TRUTH_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* End the program unless ok, with errno's words. */
void must(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Only with tracing on, which --flow sets. */
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern bool say_tracing;

uint64_t now_us(void);
void nap(void);			/* 50 us, between two looks at a condition */

#endif

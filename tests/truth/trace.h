/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* trace - what one flow does, step by step, on standard error; --flow sets it. */
#ifndef TRUTH_TRACE_H
#define TRUTH_TRACE_H

#include <stdbool.h>

extern bool trace_on;

void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

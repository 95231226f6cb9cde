/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * trace - cases as Chrome trace events, a JSON array: a slice for what a socket held, one
 * for the write, and an arrow from the write to what it hit.
 */
#ifndef PAGEFLIGHT_TRACE_H
#define PAGEFLIGHT_TRACE_H

#include <stdio.h>
#include "review.h"

/* 0 or -errno. */
int trace_print(FILE *out, const struct review *v);

#endif

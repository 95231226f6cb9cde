/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * summary - the end of a run for people.
 */
#ifndef PAGEFLIGHT_SUMMARY_H
#define PAGEFLIGHT_SUMMARY_H

#include "sink.h"

/* Within 80 columns. Errors are left to the stream's error state. */
void summary_print(FILE *out, const struct summary *sum);

#endif

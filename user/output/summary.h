/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * summary - the end of a session, for people.
 */
#ifndef PAGEFLIGHT_SUMMARY_H
#define PAGEFLIGHT_SUMMARY_H

#include "sink.h"

/* Print at most 80 columns. The caller finds errors by sink_flush(). */
void summary_print(FILE *out, const struct summary *sum);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * metrics - a session as numbers, in the text format of Prometheus. No label says
 * whom, what or where: they are words of ours, so the number of series has a bound.
 */
#ifndef PAGEFLIGHT_METRICS_H
#define PAGEFLIGHT_METRICS_H

#include "sink.h"

/* The most series that a text has, whatever happens. */
#define METRICS_SERIES 200

/* Print all of it. The caller finds errors by sink_flush(). */
void metrics_print(FILE *out, const struct summary *sum);

#endif

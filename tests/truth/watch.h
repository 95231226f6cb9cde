/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * watch - the pageflight under test: one process for all flows. It prints into a
 * file, so it never waits for the bench.
 */
#ifndef TRUTH_WATCH_H
#define TRUTH_WATCH_H

#include <stdio.h>

#define WATCH_SETTLE 10		/* seconds that an incident waits at most */

/* Returns once it has attached. content NULL: its own default; netns NULL: all namespaces. */
void watch_start(const char *content, const char *netns);

/* Interrupt it, wait for its end, and return what it printed. */
FILE *watch_stop(void);

#endif

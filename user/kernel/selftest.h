/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * selftest - send a real file over lo, overwrite it, and demand its own
 * records back. Functions that look hookable can still be inlined where it
 * matters; only this shows that they are not.
 */
#ifndef PAGEFLIGHT_SELFTEST_H
#define PAGEFLIGHT_SELFTEST_H

#include <stdbool.h>
#include "loader.h"

/* What was demanded of each role, and what came. */
struct selftest_result {
	const char *role;
	const char *what;
	unsigned int expected;
	unsigned int seen;
};

#define SELFTEST_RESULTS 4

/*
 * Runs in the calling process, some milliseconds. 0 if the test could be run,
 * whatever it showed: passed is for the results. -errno if no test file or
 * connection could be had.
 */
int selftest_run(struct loader *l, struct selftest_result ret_results[SELFTEST_RESULTS],
		 bool *ret_passed);

#endif

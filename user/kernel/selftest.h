/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * selftest - send a real file over lo, overwrite it, and expect records of both.
 * A function that can be hooked may still be inlined where it matters. Only this
 * test shows that it is not.
 */
#ifndef PAGEFLIGHT_SELFTEST_H
#define PAGEFLIGHT_SELFTEST_H

#include <stdbool.h>
#include "loader.h"

/* What was expected of a role, and what came. */
struct selftest_result {
	const char *role;
	const char *what;
	unsigned int expected;
	unsigned int seen;
};

#define SELFTEST_RESULTS 4

/*
 * The test runs in the calling process and takes some milliseconds. Returns 0 if
 * it could be run, and then *ret_passed says whether it passed; or -errno.
 */
int selftest_run(struct loader *l, struct selftest_result ret_results[SELFTEST_RESULTS],
		 bool *ret_passed);

#endif

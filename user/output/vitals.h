/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* vitals - what a session knows of itself beside its counts, for those who leave it on. */
#ifndef PAGEFLIGHT_VITALS_H
#define PAGEFLIGHT_VITALS_H

#include <stddef.h>
#include <linux/types.h>

#include "kernel/selftest.h"

/* What our programs cost, in the times in which the kernel was asked to measure that. */
struct sampled_cost {
	__u64 asked_ns;		/* these times in all; 0: nothing is known */
	__u64 runs;
	__u64 run_ns;
};

/* The self-test at the start. */
struct tested {
	enum { TEST_NONE, TEST_PASSED, TEST_FAILED } how;
	__u64 wall_ns;		/* UTC */
	struct selftest_result results[SELFTEST_RESULTS];	/* all 0 if it could not run */
};

struct vitals {
	const char *kernel;	/* its release */
	__u64 began_wall_ns;	/* UTC */
	__u64 cpu_ns;		/* of this process */
	size_t waiting;		/* incidents that are not decided */
	struct sampled_cost cost;
	struct tested tested;
};

#endif

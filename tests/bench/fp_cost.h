/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* fp_cost - times the fingerprint of 4 KiB alone, inside the kernel. */
#ifndef BENCH_FP_COST_H
#define BENCH_FP_COST_H

#include <stdint.h>

/* Nanoseconds. */
struct fingerprint {
	uint64_t both;		/* reading and hashing chunk by chunk */
	uint64_t read_blocks;	/* of a hash step */
	uint64_t read_whole;	/* all of it at once */
	uint64_t hash;		/* of what was read */
};

void fingerprint_time(struct fingerprint *ret_times);

#endif

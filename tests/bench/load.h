/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * load - the workloads of the bench. Each returns nanoseconds per unit. A nanosecond
 * is an instruction of the guest: of the caller, of the kernel on its behalf, or of
 * the watcher.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>

enum load {
	LOAD_PAGE,		/* a page: sent, acknowledged, read */
	LOAD_PAGE_MAPPED,	/* the same, of a file that is mapped writable */
	LOAD_ACK,		/* an ACK on a socket that never sent by reference */
	LOAD_PING,		/* a message there: sent, acknowledged by the next one, read */
	LOAD_WRITE_4K,		/* write() of 4 KiB to a file that is not in flight */
	LOAD_WRITE_1M,
	LOAD_WRITE_4K_BUSY,	/* the same with 100,000 pages of another in flight */
	LOAD_WRITE_1M_BUSY,
	LOAD_MAP,		/* mmap(), shared and writable, and munmap() of a file not in flight */
	LOAD_HIT_1,		/* write() of a page in flight on one connection */
	LOAD_HIT_1000,		/* on a thousand */
	LOAD_MAX
};

#define LOAD_BIT(load) (1u << (load))
#define LOAD_CROWD 100000	/* pages in flight of the busy ones */

extern const char *const load_names[LOAD_MAX];

/* Run the loads of the mask. The values of the others do not change. */
void load_run(unsigned int mask, double values[LOAD_MAX]);

/* How many units of a load one run measures. */
double load_units(enum load load);

/* If set, called where the measurement begins and where it ends. */
extern void (*load_probe)(bool end);

/* Wait until nothing but the caller has anything to do. */
void load_settle(void);

/* Prepare what the loads need. Called once. */
void load_prepare(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * scan - a look at the shared writable mappings of all processes. A process that
 * waits for a dead server inside of mmap(2) makes whoever reads its maps wait too,
 * so a thread of its own reads them, and a look has a deadline.
 */
#ifndef PAGEFLIGHT_SCAN_H
#define PAGEFLIGHT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "base/procmaps.h"

struct noted {
	struct mapping mapping;
	__u32 pid;
};

/* What one look at all processes may take. What is left then is not looked at. */
struct suspects_limits {
	__u64 ns;		/* of time */
	__u64 stuck_ns;		/* of time without a line being read */
	unsigned int lines;	/* of /proc/PID/maps */
	unsigned int mappings;	/* shared and writable ones that are noted */
};

struct scan;

/*
 * Look at processes below a directory like /proc, which stays open as long as the
 * scan. The thread is made here, and gives up all privileges but those of a
 * debugger. 0 or -errno.
 */
int scan_new(struct scan **ret_scan, int proc, const struct suspects_limits *limits);

/*
 * Look now. *ret_noted is valid until the next call, all mappings of one process
 * stand together. *ret_cut: not all of them are there. A look that is cut is gone on
 * with by the next one. False if there was no answer: the look goes on, and until
 * it is over there is no other. A signal that asks for the end ends it.
 */
bool scan_look(struct scan *s, const struct noted **ret_noted, size_t *ret_n, bool *ret_cut);

/* NULL is allowed. */
void scan_free(struct scan *s);

#endif

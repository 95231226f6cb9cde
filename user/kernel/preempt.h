/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * preempt - does the kernel take the processor from a thread that is in it?
 * Where it does not, no thread can be stopped inside of a BPF program.
 */
#ifndef PAGEFLIGHT_PREEMPT_H
#define PAGEFLIGHT_PREEMPT_H

#include <stdbool.h>

enum preempt {
	PREEMPT_NO,
	PREEMPT_YES,
	PREEMPT_UNKNOWN,
};

/* From /sys/kernel/debug/sched/preempt, such as "none (voluntary) full". */
enum preempt preempt_of_mode(const char *line);

/* From the kernel's version as in `uname -v`; one that can change its mode does not say. */
enum preempt preempt_of_version(const char *version);

/* Of the kernel that runs, as far as it can be told; in doubt it does. */
bool preempt_possible(void);

#endif

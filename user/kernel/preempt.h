/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * preempt - can the kernel preempt a thread that runs kernel code? If it cannot,
 * no thread stops inside of a BPF program, and no invocation is skipped.
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

/* From the version as in `uname -v`. A kernel that can change its mode does not tell it there. */
enum preempt preempt_of_version(const char *version);

/* Of the running kernel. The answer in doubt is yes. */
bool preempt_possible(void);

#endif

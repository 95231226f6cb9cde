/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * task.bpf.h - who the current thread is: what is gone as soon as its process is.
 */
#ifndef PF_TASK_BPF_H
#define PF_TASK_BPF_H

#include "read.bpf.h"

/*
 * When the current process began, of CLOCK_MONOTONIC: with its number this tells it from
 * every other one.
 */
static __always_inline __u64 task_began(void)
{
	return bpf_get_current_task_btf()->group_leader->start_time;
}

/*
 * Fill in what is known of the current process. This is a global function, so that the
 * verifier looks at it once for all who call it.
 */
int task_who(struct pf_who *ret_who);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* atomic_off.bpf.c - for kernels that do not let programs turn preemption off. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"

__noinline int compat_preempt_disable(void)
{
	return 0;
}

__noinline int compat_preempt_enable(void)
{
	return 0;
}

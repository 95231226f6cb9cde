// SPDX-License-Identifier: GPL-2.0-only
/*
 * atomic_on.bpf.c - turning preemption off and on, where the kernel lets programs do so:
 * see compat.bpf.h. libbpf looks for a kfunc that the kernel lacks in every module, which
 * takes privileges. So there are two objects, and atomic_off.bpf.c is in the other one.
 *
 * These functions are hidden: libbpf makes them static, and only a static function may
 * return with preemption disabled.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"

extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;

__noinline int compat_preempt_disable(void)
{
	bpf_preempt_disable();
	return 0;
}

/*
 * If the thread is to be preempted by now, enabling preemption would do that here, while
 * the program is still active. With interrupts off it does not: the kernel preempts the
 * thread when it leaves the program, where migration is enabled.
 */
__noinline int compat_preempt_enable(void)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_preempt_enable();
	bpf_local_irq_restore(&flags);
	return 0;
}

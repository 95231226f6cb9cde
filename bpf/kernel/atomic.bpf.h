/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * atomic.bpf.h - programs that are not preempted.
 *
 * The kernel skips a program that is active on the processor already. Where the kernel
 * preempts itself, a thread can be preempted inside of a program, and the program is then
 * skipped for all others there until that thread runs again. So a program disables
 * preemption, if the kernel lets it (cfg.atomic). Then others are skipped only if a thread
 * is preempted in the few instructions before that, or if a softirq interrupts the program.
 *
 * The price is that nothing else runs on the processor until the program ends.
 */
#ifndef PF_ATOMIC_BPF_H
#define PF_ATOMIC_BPF_H

#include <bpf/bpf_tracing.h>
#include "base/maps.bpf.h"
#include "compat.bpf.h"

/* BPF_PROG() of a program that is not preempted. It returns 0, whatever its body returns. */
#define ATOMIC_PROG(name, args...)							\
name(unsigned long long *ctx);								\
static __always_inline int body_##name(unsigned long long *ctx, ##args);		\
int name(unsigned long long *ctx)							\
{											\
	if (cfg.atomic)									\
		compat_preempt_disable();						\
	_Pragma("GCC diagnostic push")							\
	_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")				\
	body_##name(___bpf_ctx_cast(args));						\
	_Pragma("GCC diagnostic pop")							\
	if (cfg.atomic)									\
		compat_preempt_enable();						\
	return 0;									\
}											\
static __always_inline int body_##name(unsigned long long *ctx, ##args)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * held.bpf.h - programs that keep their CPU while they run.
 */
#ifndef PF_HELD_BPF_H
#define PF_HELD_BPF_H

#include "maps.bpf.h"

/*
 * Kernels that preempt themselves, as 7.x does. A tracing program that is
 * already active on a CPU is skipped there, and a thread that is preempted
 * inside of one makes it so for all others. 6.10 can forbid it: "bpf: Introduce
 * bpf_preempt_[disable,enable] kfuncs". A few instructions before stay open;
 * what is skipped is counted by the kernel. Goes when 6.10 is the oldest kernel.
 *
 * For one object only, the one whose programs can be preempted for long: the
 * static linker of libbpf 1.1 cannot merge two declarations of a kfunc.
 */
static __always_inline void compat_hold_cpu(void)
{
	if (cfg.can_hold_cpu)
		bpf_preempt_disable();
}

static __always_inline void compat_let_cpu(void)
{
	if (cfg.can_hold_cpu)
		bpf_preempt_enable();
}

/* BPF_PROG() of a program that keeps its CPU. */
#define HELD_PROG(name, args...)						\
name(unsigned long long *ctx);							\
static __always_inline int name##_held(unsigned long long *ctx, ##args);	\
int name(unsigned long long *ctx)						\
{										\
	int ret_;								\
										\
	compat_hold_cpu();							\
	_Pragma("GCC diagnostic push")						\
	_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")			\
	ret_ = name##_held(___bpf_ctx_cast(args));				\
	_Pragma("GCC diagnostic pop")						\
	compat_let_cpu();							\
	return ret_;								\
}										\
static __always_inline int name##_held(unsigned long long *ctx, ##args)

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * seq.h - arithmetic with sequence numbers. They wrap around: of two, that one is
 * after the other which is less than 2^31 ahead of it (RFC 9293 3.4).
 */
#ifndef PAGEFLIGHT_SEQ_H
#define PAGEFLIGHT_SEQ_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define PF_INLINE static inline __attribute__((always_inline))

/* How far a is ahead of b; negative if it is behind. */
PF_INLINE __s32 seq_diff(__u32 a, __u32 b)
{
	return (__s32)(a - b);
}

PF_INLINE int seq_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

PF_INLINE int seq_after(__u32 a, __u32 b)
{
	return seq_before(b, a);
}

PF_INLINE __u32 seq_min(__u32 a, __u32 b)
{
	return seq_after(a, b) ? b : a;
}

PF_INLINE __u32 seq_max(__u32 a, __u32 b)
{
	return seq_after(a, b) ? a : b;
}

#undef PF_INLINE

#endif

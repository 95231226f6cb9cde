/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipe.bpf.h - what is read from a pipe. Its buffers are numbered from its tail to its
 * head. One that was released has no operations any more, and may still be at the tail.
 */
#ifndef PF_PIPE_BPF_H
#define PF_PIPE_BPF_H

#include "read.bpf.h"

#define PIPE_READ(pipe, field...) KERNEL_READ(pipe_inode_info, pipe, field)

/* Bytes of buffer number `at`; 0 if it was released. */
static __always_inline __u32 pipe_buf_len(__u64 pipe, __u32 at)
{
	__u32 mask = PIPE_READ(pipe, ring_size) - 1;
	__u64 buf = (__u64)PIPE_READ(pipe, bufs) +
		    (__u64)(at & mask) * bpf_core_type_size(struct pipe_buffer);

	return KERNEL_READ(pipe_buffer, buf, ops) ? KERNEL_READ(pipe_buffer, buf, len) : 0;
}

/* May somebody be copying out of the pipe? Where a mutex does not tell, that is always so. */
static __always_inline int pipe_is_locked(__u64 pipe)
{
	if (!bpf_core_field_exists(struct mutex, owner))
		return 1;
	return PIPE_READ(pipe, mutex.owner.counter) != 0;
}

#endif

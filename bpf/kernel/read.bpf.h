/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * read.bpf.h - reading kernel memory at an address that is a number. Addresses are
 * numbers here since one attach hook has no typed pointer to its socket, and since global
 * functions cannot be given one.
 */
#ifndef PF_READ_BPF_H
#define PF_READ_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "base/maps.bpf.h"

/*
 * Read a field of a kernel struct. The address is evaluated first: BPF_CORE_READ would
 * take a field of ours in it for a field of the kernel's.
 */
#define KERNEL_READ(type, addr, field...)				\
	({								\
		struct type *at_ = (struct type *)(addr);		\
		BPF_CORE_READ(at_, field);				\
	})

/* The numbers that name an inode on this host; both are 0 for no inode. */
static __always_inline void inode_number(__u64 inode, __u64 *ret_dev, __u64 *ret_ino)
{
	struct super_block *sb = KERNEL_READ(inode, inode, i_sb);

	*ret_dev = BPF_CORE_READ(sb, s_dev);
	*ret_ino = KERNEL_READ(inode, inode, i_ino);
}

/*
 * A typed pointer as a number, which can be hashed and given to a global function. The
 * verifier allows no arithmetic with two pointers but their difference. So this takes the
 * distance from pf_anchor, which holds its own address, and adds that.
 */
static __always_inline __u64 number_of(const void *typed)
{
	__u64 number = (__u64)typed, anchor = pf_anchor;

	if (!anchor) {		/* this is the first call */
		const void *at = &pf_anchor;

		bpf_probe_read_kernel(&anchor, sizeof(anchor), &at);
		pf_anchor = anchor;
	}
	asm volatile("%0 -= %1" : "+r"(number) : "r"(&pf_anchor));
	return number + anchor;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * read.bpf.h - kernel memory at an address that is a number. One attach hook has no
 * typed pointer to its socket, and global functions take none.
 */
#ifndef PF_READ_BPF_H
#define PF_READ_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "base/maps.bpf.h"

/*
 * A field of the kernel's struct at a numeric address. The address is read
 * first: inside BPF_CORE_READ a field of ours would be taken for a kernel's.
 */
#define KERNEL_READ(type, addr, field...)				\
	({								\
		struct type *at_ = (struct type *)(addr);		\
		BPF_CORE_READ(at_, field);				\
	})

/* What names an inode on this host; both 0 for none. */
static __always_inline void inode_number(__u64 inode, __u64 *ret_dev, __u64 *ret_ino)
{
	struct super_block *sb = KERNEL_READ(inode, inode, i_sb);

	*ret_dev = BPF_CORE_READ(sb, s_dev);
	*ret_ino = KERNEL_READ(inode, inode, i_ino);
}

/*
 * A typed pointer as a number, which can be hashed, and which a global function
 * may take. The verifier allows no other arithmetic on two pointers than their
 * difference, so it is taken to a variable of ours that holds its own address.
 */
static __always_inline __u64 number_of(const void *typed)
{
	__u64 number = (__u64)typed, anchor = pf_anchor;

	if (!anchor) {		/* the first time */
		const void *at = &pf_anchor;

		bpf_probe_read_kernel(&anchor, sizeof(anchor), &at);
		pf_anchor = anchor;
	}
	asm volatile("%0 -= %1" : "+r"(number) : "r"(&pf_anchor));
	return number + anchor;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.bpf.h - every difference between kernels, one block each: what
 * changed, when, and the oldest kernel after which the block can go. Decided
 * by the existence of a type or field, never by a version.
 *
 * vmlinux.h is that of 6.12; flavours (struct x___y) name what others have.
 */
#ifndef PF_COMPAT_BPF_H
#define PF_COMPAT_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "read.bpf.h"

/*
 * 7.x: "mm: change the interface of prep_compound_tail()" and its series
 * replaced page.compound_head, the head's address | 1, by compound_info. With
 * HugeTLB vmemmap optimisation built in and a struct page whose size is a power
 * of two it holds a mask that turns the tail's address into the head's.
 * Whether it does is a matter of configuration; a mask has its top bits set
 * and, unlike an address in the vmemmap, all its bits between those and the
 * lowest clear ones too. Goes when 7.x is the oldest kernel.
 */
struct page___info {
	unsigned long compound_info;
};

/* Word of a tail page that leads to its head. */
static __always_inline unsigned long compat_compound_at(void)
{
	if (bpf_core_field_exists(struct page___info, compound_info))
		return bpf_core_field_offset(struct page___info, compound_info);
	return bpf_core_field_offset(struct page, compound_head);
}

/* Address of the head, from the tail's and its word (bit 0 is known to be set). */
static __always_inline __u64 compat_head(__u64 tail, __u64 word)
{
	__u64 mask = word & ~1ULL;

	/* A mask is ones above zeros: its complement plus one is a power of two. */
	if (bpf_core_field_exists(struct page___info, compound_info) && !(~mask & (~mask + 1)))
		return tail & mask;
	return mask;
}

/*
 * 7.x renamed folio._folio_nr_pages to _nr_pages. Both are valid only in a
 * folio with PG_head. Goes when 7.x is the oldest kernel.
 */
struct folio___nr {
	unsigned int _nr_pages;
};

static __always_inline __u64 compat_folio_pages(__u64 folio)
{
	__u64 flags = 0;
	__u32 n = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)folio);
	if (!(flags & (1ULL << bpf_core_enum_value(enum pageflags, PG_head))))
		return 1;
	if (bpf_core_field_exists(struct folio___nr, _nr_pages))
		n = BPF_CORE_READ((struct folio___nr *)folio, _nr_pages);
	else
		n = BPF_CORE_READ((struct folio *)folio, _folio_nr_pages);
	return n ?: 1;
}

/*
 * 7.x took d_alias out of the union d_u into an unnamed one. Goes when 7.x is
 * the oldest kernel.
 */
struct dentry___flat {
	struct hlist_node d_alias;
};

static __always_inline __u64 compat_dentry_of_alias(__u64 node)
{
	if (bpf_core_field_exists(struct dentry___flat, d_alias))
		return node - bpf_core_field_offset(struct dentry___flat, d_alias);
	return node - bpf_core_field_offset(struct dentry, d_u.d_alias);
}

/*
 * Types of modules, which vmlinux.h does not have; found in the module's own
 * BTF when it is loaded.
 */
struct btrfs_inode___module {
	struct inode vfs_inode;
} __attribute__((preserve_access_index));

/*
 * By which system call a thread of user space came to send. Numbers differ by
 * architecture and, on x86, by the caller's mode. Anything but these means
 * that the kernel sends on its own behalf while the thread is in it.
 */
#define PF_IO_WORKER_FLAG 0x10	/* PF_IO_WORKER: a thread of io_uring */

#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT_STATUS 2
static __always_inline __u32 compat_sender_how(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	long nr = regs->orig_ax;

	if (task->flags & PF_IO_WORKER_FLAG)
		return PF_SEND_SPLICE;
	if (task->thread_info.status & TS_COMPAT_STATUS)
		return nr == 187 || nr == 239 ? PF_SEND_SENDFILE :
		       nr == 313 || nr == 316 || nr == 426 ? PF_SEND_SPLICE : PF_SEND_KERNEL;
	return nr == 40 ? PF_SEND_SENDFILE :
	       nr == 275 || nr == 278 || nr == 426 ? PF_SEND_SPLICE : PF_SEND_KERNEL;
}
#elif defined(__TARGET_ARCH_arm64)
static __always_inline __u32 compat_sender_how(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	int nr = BPF_CORE_READ(regs, syscallno);

	if (task->flags & PF_IO_WORKER_FLAG)
		return PF_SEND_SPLICE;
	return nr == 71 ? PF_SEND_SENDFILE :
	       nr == 75 || nr == 76 || nr == 426 ? PF_SEND_SPLICE : PF_SEND_KERNEL;
}
#else
#error "which system call numbers has this architecture?"
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.bpf.h - every difference between kernels, one block each: the commit that made
 * it, the release that has the commit first, and what changed. A block asks whether a
 * type or a field exists, never for a version. It can go when that release is the oldest
 * kernel.
 *
 * vmlinux.h is that of 6.12. Flavours (struct x___y) name what other kernels have.
 */
#ifndef PF_COMPAT_BPF_H
#define PF_COMPAT_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "read.bpf.h"

/*
 * 7.1: d50569612c29 ("mm: rename the 'compound_head' field in the 'struct page' to
 * 'compound_info'") and 8c846c879e22 ("mm: rework compound_head() for power-of-2
 * sizeof(struct page)").
 *
 * compound_head was the address of the head, plus 1. compound_info is the same, or a mask
 * that turns the address of the tail into that of the head. Which of the two it is
 * depends on the configuration (HugeTLB vmemmap optimisation) and on the size of struct
 * page. A mask is ones above zeros; an address in the vmemmap is not.
 */
struct page___info {
	unsigned long compound_info;
};

/* Offset of the word of a tail page that leads to its head. */
static __always_inline unsigned long compat_compound_at(void)
{
	if (bpf_core_field_exists(struct page___info, compound_info))
		return bpf_core_field_offset(struct page___info, compound_info);
	return bpf_core_field_offset(struct page, compound_head);
}

/* Address of the head, from that of a tail and from its word, whose bit 0 is set. */
static __always_inline __u64 compat_head(__u64 tail, __u64 word)
{
	__u64 mask = word & ~1ULL;

	/* The complement of ones above zeros, plus one, is a power of two. */
	if (bpf_core_field_exists(struct page___info, compound_info) && !(~mask & (~mask + 1)))
		return tail & mask;
	return mask;
}

/*
 * 6.15: 4996fc547f5b ("mm: let _folio_nr_pages overlay memcg_data in first tail page").
 *
 * The field is called _nr_pages since. Both are valid only in a folio with PG_head.
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
 * 7.x: 2420067cecac ("struct dentry: make ->d_u anonymous"). 6.18 does not have it, 7.3
 * does.
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
 * Types of modules are not in vmlinux.h. libbpf finds them in the BTF of the module, when
 * it is loaded.
 */
struct btrfs_inode___module {
	struct inode vfs_inode;
} __attribute__((preserve_access_index));

/*
 * 6.5: 596df33d673d ("fuse: drop redundant arguments to fuse_perform_write").
 *
 * It had four: the mapping was in front of the iov_iter, and the position behind it.
 */
static __always_inline __u64 compat_fuse_left(void *ctx)
{
	__u64 iter = 0;

	bpf_get_func_arg(ctx, bpf_get_func_arg_cnt(ctx) == 4 ? 2 : 1, &iter);
	return KERNEL_READ(iov_iter, iter, count);
}

/*
 * 6.10: fc7566ad0a82 ("bpf: Introduce bpf_preempt_[disable,enable] kfuncs"),
 * 6.14: c8e2ee1f3df0 ("bpf: Introduce support for bpf_local_irq_{save,restore}"), and
 * 6.15: e2d8f560d178 ("bpf: Summarize sleepable global subprogs").
 *
 * The first is not enough. Before the last of them a program may not call a global function
 * with preemption disabled, and ours need that: as static functions they are too large for
 * the verifier. User space sets cfg.atomic where the kernel has all three.
 */
__hidden int compat_preempt_disable(void);
__hidden int compat_preempt_enable(void);

/*
 * PREEMPT_RT: 0f383b6dc96e ("locking/spinlock: Provide RT variant"). Every kernel can be
 * built so.
 *
 * A spinlock is an rt_mutex there. It has an owner in place of a value.
 */
struct rt_mutex_base___rt {
	void *owner;
} __attribute__((preserve_access_index));

struct spinlock___rt {
	struct rt_mutex_base___rt lock;
} __attribute__((preserve_access_index));

struct socket_lock___rt {
	struct spinlock___rt slock;
} __attribute__((preserve_access_index));

struct sock___rt {
	struct socket_lock___rt sk_lock;
} __attribute__((preserve_access_index));

/* Has anybody the spinlock of a socket? */
static __always_inline int compat_sock_locked(__u64 sk)
{
	if (bpf_core_field_exists(struct sock___rt, sk_lock.slock.lock.owner))
		return !!KERNEL_READ(sock___rt, sk, sk_lock.slock.lock.owner);
	return KERNEL_READ(sock, sk, sk_lock.slock.rlock.raw_lock.val.counter);
}

/*
 * 6.10: 46df8e73a4a3 ("mm: free up PG_slab") and 6.12: 4ffca5a96678 ("mm: support only one
 * page_type per page").
 *
 * A flag of the page was turned into a type. 6.10 and 6.11 have a form between the two, in
 * which slab memory is not told apart.
 */
enum pageflags___slab {
	PG_slab___flag = 7,
};

#define PAGE_TYPE_SHIFT 24

static __always_inline int compat_page_is_slab(__u64 head)
{
	__u64 flags = 0;

	if (bpf_core_enum_value_exists(enum pagetype, PGTY_slab))
		return (__u32)KERNEL_READ(page, head, page_type) >> PAGE_TYPE_SHIFT ==
		       bpf_core_enum_value(enum pagetype, PGTY_slab);
	if (!bpf_core_enum_value_exists(enum pageflags___slab, PG_slab___flag))
		return 0;
	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)head);
	return !!(flags & 1ULL << bpf_core_enum_value(enum pageflags___slab, PG_slab___flag));
}

/*
 * 6.10: 05c5323b2a34 ("mm: track mapcount of large folios in single value").
 *
 * Before, only the sum over all pages of a large folio told how often it is mapped. Here
 * it counts as not mapped then: whoever asks finds references that nothing explains.
 */
static __always_inline int compat_mapcount(__u64 folio, __u64 pages)
{
	if (pages == 1)
		return KERNEL_READ(folio, folio, _mapcount.counter) + 1;
	if (bpf_core_field_exists(struct folio, _large_mapcount))
		return KERNEL_READ(folio, folio, _large_mapcount.counter) + 1;
	return 0;
}

/*
 * 6.18: the reference count of a namespace was renamed together with the rest of
 * ns_common ("nscommon: move to separate file" and those before it).
 */
struct ns_common___ref {
	refcount_t __ns_ref;
} __attribute__((preserve_access_index));

struct net___ref {
	struct ns_common___ref ns;
} __attribute__((preserve_access_index));

/* A namespace that nobody references is about to go, and has no sockets. */
static __always_inline int compat_net_is_alive(__u64 net)
{
	if (bpf_core_field_exists(struct ns_common___ref, __ns_ref))
		return !!KERNEL_READ(net___ref, net, ns.__ns_ref.refs.counter);
	return !!KERNEL_READ(net, net, ns.count.refs.counter);
}

/*
 * PREEMPT_RT: 42254105dfe8 ("locking/rwsem: Add rtmutex based R/W semaphore implementation").
 *
 * An rw_semaphore has no count there, and nothing that can be read at once says whether a
 * writer has it.
 */
#define RWSEM_WRITER 1		/* RWSEM_WRITER_LOCKED */

/* May somebody hold the lock of an inode that all who write to its file hold? */
static __always_inline int compat_inode_locked(const struct inode *inode)
{
	if (!bpf_core_field_exists(struct rw_semaphore, count))
		return 1;
	return inode->i_rwsem.count.counter & RWSEM_WRITER;
}

/*
 * The lock of a writer orders what he does behind it, but on a weakly ordered machine not his
 * loads behind the store that took it. An atomic operation whose value is used is a full
 * barrier on every architecture; on x86 the lock was taken by one.
 */
static __always_inline void compat_lock_is_visible(void)
{
#if !defined(__TARGET_ARCH_x86)
	__u64 word = 0, old = __sync_fetch_and_add(&word, 1);

	asm volatile("" :: "r"(old));
#endif
}

/*
 * The system call by which a thread of user space came to send. Its number depends on the
 * architecture and, on x86, on the mode of the caller. Any other number means that the
 * kernel sends on its own behalf while the thread is in it.
 */
#define PF_IO_WORKER_FLAG 0x10	/* PF_IO_WORKER: a thread of io_uring */

#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT_STATUS 2

static __always_inline __u32 compat_call_how(long nr)
{
	switch (nr) {
	case 40:		/* sendfile */
		return PF_SEND_SENDFILE;
	case 275:		/* splice */
	case 278:		/* vmsplice */
	case 426:		/* io_uring_enter */
		return PF_SEND_SPLICE;
	}
	return PF_SEND_KERNEL;
}

static __always_inline __u32 compat_call32_how(long nr)
{
	switch (nr) {
	case 187:		/* sendfile */
	case 239:		/* sendfile64 */
		return PF_SEND_SENDFILE;
	case 313:		/* splice */
	case 316:		/* vmsplice */
	case 426:		/* io_uring_enter */
		return PF_SEND_SPLICE;
	}
	return PF_SEND_KERNEL;
}

static __always_inline __u32 compat_sender_how(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (task->flags & PF_IO_WORKER_FLAG)
		return PF_SEND_SPLICE;
	if (task->thread_info.status & TS_COMPAT_STATUS)
		return compat_call32_how(regs->orig_ax);
	return compat_call_how(regs->orig_ax);
}
#elif defined(__TARGET_ARCH_arm64)
static __always_inline __u32 compat_sender_how(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (task->flags & PF_IO_WORKER_FLAG)
		return PF_SEND_SPLICE;
	switch (BPF_CORE_READ(regs, syscallno)) {
	case 71:		/* sendfile */
		return PF_SEND_SENDFILE;
	case 75:		/* vmsplice */
	case 76:		/* splice */
	case 426:		/* io_uring_enter */
		return PF_SEND_SPLICE;
	}
	return PF_SEND_KERNEL;
}
#else
#error "which system call numbers has this architecture?"
#endif

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * write.bpf.c - writes to pages of the page cache: write(2) and its kin, and the first
 * store through a mapping.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "life/write.bpf.h"

#define VM_FAULT_ERROR_OR_NOPAGE 0x0973	/* any VM_FAULT_* without a page to store to */

/*
 * The four programs of a function that writes, given its kiocb and its iov_iter.
 *
 * The kernel skips a program that is already active on the CPU. If it preempts itself, a
 * writer that is preempted inside of a program blocks that program for every other writer
 * there. A program that disables preemption leaves it a few instructions for that, and not
 * every kernel lets it (kernel/atomic.bpf.h). So there are two of each, and the second acts
 * where the first was skipped. A write is missed only if both are active.
 *
 * The kernel cuts the name of a program after 15 characters, so `name` may have 6.
 */
#define WRITE_PROGRAM(name, target, find, act)						\
	SEC(target)									\
	int ATOMIC_PROG(on_##name, struct kiocb *iocb, struct iov_iter *from)		\
	{										\
		struct pf_write *w = find(iocb);					\
											\
		return w ? act : 0;							\
	}

#define WRITE_PROGRAMS(name, symbol, begin, end)					\
	WRITE_PROGRAM(name, "fentry/" symbol, file_write_new, begin)			\
	WRITE_PROGRAM(name##_2, "fentry/" symbol, file_write_new, begin)		\
	WRITE_PROGRAM(name##_end, "fexit/" symbol, file_write_open, end)		\
	WRITE_PROGRAM(name##_end_2, "fexit/" symbol, file_write_open, end)

/* For a function that returns how much it has written. */
#define WRITE_HOOKS(name, symbol)							\
	WRITE_PROGRAMS(name, symbol, file_write_begin(w, from->count),			\
		       file_written(ctx, w, iocb->ki_pos))

/* For a function that may fail after it has copied. `left` is what its iov_iter has left. */
#define COPY_HOOKS(name, symbol, left)							\
	WRITE_PROGRAMS(name, symbol, file_write_begin(w, left), file_copied(ctx, w, left))

WRITE_HOOKS(write, "generic_perform_write")
WRITE_HOOKS(iomap, "iomap_file_buffered_write")
WRITE_HOOKS(btrfs, "btrfs_buffered_write")
COPY_HOOKS(netfs, "netfs_perform_write", from->count)
COPY_HOOKS(fuse, "fuse_perform_write", compat_fuse_left(ctx))

/*
 * The first store to a clean page through a shared mapping. The store itself comes later,
 * and so may many more that no hook sees. So the whole page is reported.
 */
SEC("fexit/do_page_mkwrite")
int ATOMIC_PROG(on_mkwrite, struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	__u64 ret = 0, mapping, key;
	struct pf_write *w;

	bpf_get_func_ret(ctx, &ret);
	if ((ret & VM_FAULT_ERROR_OR_NOPAGE) || !file)
		return 0;
	mapping = file_mapping(file);
	if (file_idle(mapping))
		return 0;
	key = write_key(PF_WRITE_STORE);
	w = write_new(key, mapping, PF_WRITE_MMAP);
	if (!w)
		return 0;
	w->dentry = file_dentry(file, w->inode);
	w->pos = vmf->pgoff << cfg.page_shift;
	w->count = 1 << cfg.page_shift;
	write_begin(w);
	write_end(ctx, w, key);
	return 0;
}

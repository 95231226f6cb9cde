// SPDX-License-Identifier: GPL-2.0-only
/*
 * write.bpf.c - who changes bytes of a page-cache page: write(2) and its kin, and the
 * first store through a mapping.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "life/write.bpf.h"

#define VM_FAULT_ERROR_OR_NOPAGE 0x0973	/* any VM_FAULT_* without a page to store to */

/*
 * The trampoline skips a program that is already active on the CPU. Where the
 * kernel preempts itself, a thread that is preempted inside of one makes it so
 * for every other writer there. So each stands twice, and acts where the other
 * has not: a write is missed only if both are active.
 *
 * The kernel cuts a program's name after 15 characters: name has 6 at most.
 */
#define WRITE_HOOKS(name, symbol)							\
	SEC("fentry/" symbol)								\
	int BPF_PROG(on_##name, struct kiocb *iocb, struct iov_iter *from)		\
	{										\
		return file_write_begin(iocb, from);					\
	}										\
	SEC("fentry/" symbol)								\
	int BPF_PROG(on_##name##_2, struct kiocb *iocb, struct iov_iter *from)		\
	{										\
		return file_write_begin(iocb, from);					\
	}										\
	SEC("fexit/" symbol)								\
	int BPF_PROG(on_##name##_end, struct kiocb *iocb)				\
	{										\
		return file_write_end(ctx, iocb);					\
	}										\
	SEC("fexit/" symbol)								\
	int BPF_PROG(on_##name##_end_2, struct kiocb *iocb)				\
	{										\
		return file_write_end(ctx, iocb);					\
	}

WRITE_HOOKS(write, "generic_perform_write")
WRITE_HOOKS(iomap, "iomap_file_buffered_write")
WRITE_HOOKS(btrfs, "btrfs_buffered_write")

/*
 * The first store to a clean page through a shared mapping. The store comes
 * after this, and so may many more that nothing sees: the page is named, its
 * bytes are not known.
 */
SEC("fexit/do_page_mkwrite")
int BPF_PROG(on_mkwrite, struct vm_fault *vmf)
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

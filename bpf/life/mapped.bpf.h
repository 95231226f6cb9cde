/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapped.bpf.h - files that can be stored to through a mapping.
 */
#ifndef PF_MAPPED_BPF_H
#define PF_MAPPED_BPF_H

#include "content/due.bpf.h"
#include "content/risk.bpf.h"
#include "write.bpf.h"

#define VMA_SHARED   0x08	/* VM_SHARED */
#define VMA_MAYWRITE 0x20	/* VM_MAYWRITE: mprotect() can make it writable at any time */

static __always_inline int vma_can_store(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VMA_SHARED | VMA_MAYWRITE)) == (VMA_SHARED | VMA_MAYWRITE);
}

/*
 * A mapping comes to be, or covers more than before. No thread can store through it yet. The
 * kernel has counted it (i_mmap_writable), so who attaches from now on finds it; what was
 * attached before gets its fingerprint here. See content/risk.bpf.h.
 */
static __always_inline int map_begin(const struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;
	__u64 mapping;

	if (!file || !vma_can_store(vma))
		return 0;
	mapped_note(file->f_mapping);
	mapping = file_mapping(file);
	if (!file_idle(mapping))
		file_due(mapping, vma->vm_pgoff,
			 vma->vm_pgoff + ((vma->vm_end - vma->vm_start) >> cfg.page_shift));
	return 0;
}

#define SIZE_CHANGES (1 << 3)	/* ATTR_SIZE */
#define FOLIO_PAGES 512		/* of the largest folio of a file */

static __always_inline int size_begin(const struct dentry *dentry, const struct iattr *attr)
{
	__u64 mapping, first;

	if (!pf_lazy || !pf_conns_now || !(attr->ia_valid & SIZE_CHANGES))
		return 0;
	mapping = number_of(dentry->d_inode->i_mapping);
	first = attr->ia_size >> cfg.page_shift;
	compat_lock_is_visible();
	if (!file_idle(mapping))
		file_due(mapping, first, first + FOLIO_PAGES);
	return 0;
}

#endif

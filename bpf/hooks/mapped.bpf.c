// SPDX-License-Identifier: GPL-2.0-only
/* mapped.bpf.c - files that become, or are, mapped shared and writable, or become shorter. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "life/mapped.bpf.h"

/*
 * The one place where each mapping of a file is linked to the file, with the file that it
 * has in the end: overlayfs has put the one below in place of its own. It stands twice, as
 * the programs of a write do.
 */
#define MAP_PROGRAM(name, symbol)					\
	SEC("fentry/" symbol)						\
	int ATOMIC_PROG(on_##name, struct vm_area_struct *vma)		\
	{								\
		return map_begin(vma);					\
	}

#define MAP_PROGRAMS(name, symbol)	\
	MAP_PROGRAM(name, symbol)	\
	MAP_PROGRAM(name##_2, symbol)

MAP_PROGRAMS(map_rmap, "mapping_rmap_tree_insert")
MAP_PROGRAMS(map, "vma_interval_tree_insert")

/*
 * A file becomes shorter, by truncate(2) and its kin. Between the new size and the hook of what
 * is zeroed (hooks/zero.bpf.c), a writeback that comes along zeroes the same bytes.
 */
#define SIZE_PROGRAM(name)								\
	SEC("fentry/notify_change")							\
	int ATOMIC_PROG(on_##name, void *idmap, struct dentry *dentry, struct iattr *attr)	\
	{										\
		return size_begin(dentry, attr);					\
	}

SIZE_PROGRAM(size)
SIZE_PROGRAM(size_2)

/* The mappings that were there before us. */
SEC("iter/task_vma")
int on_mapped(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;

	if (vma && vma->vm_file && vma_can_store(vma))
		mapped_note(vma->vm_file->f_mapping);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * path.bpf.h - the path of a dentry below the root of its file system. User space finds
 * out where that is mounted.
 *
 * Weak points: names are read without d_lock, so a rename at that moment can tear a name.
 * A path of more than PATH_DEPTH levels or PF_PATH_LEN bytes is cut at its front, which
 * PF_OP_CUT tells.
 */
#ifndef PF_PATH_BPF_H
#define PF_PATH_BPF_H

#include "base/maps.bpf.h"
#include "compat.bpf.h"

#define PATH_DEPTH 32

#define S_IFMT 0170000
#define S_IFBLK 0060000

struct path_walk {
	__u64 dentry;
	__u32 slot;		/* of the buffer in `paths` */
	__u32 at;		/* first byte in use */
	__u32 done;		/* the root was reached */
	__u32 pad;
};

/* Reserve a buffer for a path, as scratch_reserve() does for bytes; NULL if none is free. */
static __always_inline struct pf_path_buf *path_reserve(__u32 *ret_slot)
{
	for (__u32 i = 0; i < PF_PATHS; i++) {
		struct pf_path_buf *buf;

		*ret_slot = i;
		buf = bpf_map_lookup_elem(&paths, ret_slot);
		if (buf && !__sync_lock_test_and_set(&buf->busy, 1))
			return buf;
	}
	return NULL;
}

/* Put "/name" of the dentry in front of what is in the buffer. Returns 0 if it has room. */
static __always_inline int path_prepend(struct path_walk *w, struct pf_path_buf *buf)
{
	const unsigned char *name = KERNEL_READ(dentry, w->dentry, d_name.name);
	__u32 len = KERNEL_READ(dentry, w->dentry, d_name.len), at;

	if (len > 255 || w->at < len + 1)
		return 1;
	at = w->at - len;
	bpf_probe_read_kernel(&buf->bytes[at & (PF_PATH_LEN - 1)], len & 255, name);
	at--;
	buf->bytes[at & (PF_PATH_LEN - 1)] = '/';
	w->at = at;
	return 0;
}

static int on_path_step(__u32 i, struct path_walk *w)
{
	__u64 parent = (__u64)KERNEL_READ(dentry, w->dentry, d_parent);
	struct pf_path_buf *buf;

	if (parent == w->dentry || !parent) {
		w->done = 1;
		return 1;
	}
	buf = bpf_map_lookup_elem(&paths, &w->slot);
	if (!buf || path_prepend(w, buf))
		return 1;
	w->dentry = parent;
	return 0;
}

/*
 * The dentry of a file that stands in no tree (a memfd, shared anonymous memory, a block
 * device that the kernel has open) is its own parent. Its name, if it has one, is what its
 * maker gave it: alloc_file_pseudo().
 */
static __always_inline int path_is_name(struct path_walk *w)
{
	return (__u64)KERNEL_READ(dentry, w->dentry, d_parent) == w->dentry;
}

static __always_inline void path_fill(struct pf_ev_op *r, struct path_walk *w,
				      struct pf_path_buf *buf)
{
	if (path_is_name(w)) {
		w->done = KERNEL_READ(dentry, w->dentry, d_name.len) && !path_prepend(w, buf);
		if (w->done)
			r->flags |= PF_OP_NO_TREE;
	} else {
		bpf_loop(PATH_DEPTH, on_path_step, w, 0);
	}
	/* It has no name, or one of more than 255 bytes, or one that cannot be read any more. */
	if (w->at == PF_PATH_LEN - 1) {
		r->flags |= PF_OP_NO_PATH;
		return;
	}
	/* Reading a name may have overwritten the byte behind the last one. */
	buf->bytes[PF_PATH_LEN - 1] = '\0';
	if (!w->done)
		r->flags |= PF_OP_CUT;
	bpf_probe_read_kernel(r->path, sizeof(r->path), buf->bytes);
	r->path_at = w->at & (PF_PATH_LEN - 1);
}

/* The pages of a block device belong to an inode of no tree, numbered as the device is. */
static __always_inline int inode_is_block(__u64 inode)
{
	return inode && (KERNEL_READ(inode, inode, i_mode) & S_IFMT) == S_IFBLK;
}

/* Fill in path, path_at and flags of r. dentry 0 stands for the first alias of the inode. */
static __always_inline void path_of(struct pf_ev_op *r, __u64 dentry, __u64 inode)
{
	struct path_walk w = { .at = PF_PATH_LEN - 1 + pf_zero };
	struct pf_path_buf *buf;

	r->path_at = 0;
	r->path[0] = '\0';
	if (inode_is_block(inode)) {
		r->flags |= PF_OP_NO_PATH | PF_OP_BLOCK;
		return;
	}
	if (!dentry) {
		__u64 alias = (__u64)KERNEL_READ(inode, inode, i_dentry.first);

		dentry = alias ? compat_dentry_of_alias(alias) : 0;
	}
	buf = dentry ? path_reserve(&w.slot) : NULL;
	if (!buf) {
		r->flags |= PF_OP_NO_PATH;
		return;
	}
	if (!KERNEL_READ(dentry, dentry, d_hash.pprev))
		r->flags |= PF_OP_DELETED;
	w.dentry = dentry;
	path_fill(r, &w, buf);
	buf->busy = 0;
}

#endif

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

struct path_walk {
	__u64 dentry;
	__u32 at;		/* first byte in use */
	__u32 done;		/* the root was reached */
};

static int on_path_step(__u32 i, struct path_walk *w)
{
	__u64 parent = (__u64)KERNEL_READ(dentry, w->dentry, d_parent);
	__u32 zero = 0, len, at;
	struct pf_path_buf *buf;
	const unsigned char *name;

	if (parent == w->dentry || !parent) {
		w->done = 1;
		return 1;
	}
	buf = bpf_map_lookup_elem(&paths, &zero);
	if (!buf)
		return 1;
	name = KERNEL_READ(dentry, w->dentry, d_name.name);
	len = KERNEL_READ(dentry, w->dentry, d_name.len);
	if (len > 255 || w->at < len + 1)
		return 1;
	at = w->at - len;
	bpf_probe_read_kernel(&buf->bytes[at & (PF_PATH_LEN - 1)], len & 255, name);
	at--;
	buf->bytes[at & (PF_PATH_LEN - 1)] = '/';
	w->at = at;
	w->dentry = parent;
	return 0;
}

/* Fill in path, path_at and flags of r. dentry 0 stands for the first alias of the inode. */
static __always_inline void path_of(struct pf_ev_op *r, __u64 dentry, __u64 inode)
{
	struct path_walk w = { .at = PF_PATH_LEN - 1 + pf_zero };
	__u32 zero = 0;
	struct pf_path_buf *buf = bpf_map_lookup_elem(&paths, &zero);

	r->path_at = 0;
	r->path[0] = '\0';
	if (!dentry) {
		__u64 alias = (__u64)KERNEL_READ(inode, inode, i_dentry.first);

		dentry = alias ? compat_dentry_of_alias(alias) : 0;
	}
	if (!dentry || !buf) {
		r->flags |= PF_OP_NO_PATH;
		return;
	}
	if (!KERNEL_READ(dentry, dentry, d_hash.pprev))
		r->flags |= PF_OP_DELETED;
	w.dentry = dentry;
	bpf_loop(PATH_DEPTH, on_path_step, &w, 0);
	/* Reading a name may have overwritten the byte behind the last one. */
	buf->bytes[PF_PATH_LEN - 1] = '\0';
	if (!w.done)
		r->flags |= PF_OP_CUT;
	bpf_probe_read_kernel(r->path, sizeof(r->path), buf->bytes);
	r->path_at = w.at & (PF_PATH_LEN - 1);
}

#endif

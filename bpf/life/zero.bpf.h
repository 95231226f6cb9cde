/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zero.bpf.h - truncate and hole punch zero bytes of pages that stay in their file.
 *
 * A file system that zeroes in a function without a hook leaves zeros that the next hook
 * finds. That change is not blamed on whoever is in that hook: a fingerprint is of a whole
 * piece, and can not tell that the rest of the piece is as it was. A store into the rest
 * would be lost. So the functions are hooked, each by its name.
 */
#ifndef PF_ZERO_BPF_H
#define PF_ZERO_BPF_H

#include "kernel/compat.bpf.h"
#include "write.bpf.h"

static __always_inline int zero_begin(__u64 mapping, __u64 pos, __u64 count, __u64 folio,
				      __u32 how)
{
	struct pf_write *w;

	compat_lock_is_visible();	/* see content/risk.bpf.h */
	if (!mapping || file_idle(mapping))
		return 0;
	w = write_new(write_key(PF_WRITE_ZERO), mapping, how);
	if (!w)
		return 0;
	w->pos = pos;
	w->count = count;
	w->folio = folio;
	write_begin(w);
	return 0;
}

static __always_inline int zero_end(void *ctx)
{
	__u64 key = write_key(PF_WRITE_ZERO);
	struct pf_write *w = write_open(key);

	if (w)
		write_end(ctx, w, key);
	return 0;
}

/* Truncate zeroes from the new end of the file to the end of the block. */
static __always_inline int eof_zero(struct inode *inode, __u64 end)
{
	__u64 block = 1ULL << BPF_CORE_READ(inode, i_blkbits), in = end & (block - 1);

	return in ? zero_begin((__u64)BPF_CORE_READ(inode, i_mapping), end, block - in, 0,
			       PF_WRITE_TRUNCATE) : 0;
}

/*
 * ext4 zeroes the ends of a punched or zeroed range, each within one block from `from` on. If
 * the page cache has done so, this is the second time.
 */
static __always_inline int ext4_zero(struct inode *inode, __u64 from, __u64 length)
{
	__u64 block = 1ULL << BPF_CORE_READ(inode, i_blkbits);
	__u64 most = block - (from & (block - 1));

	return zero_begin((__u64)BPF_CORE_READ(inode, i_mapping), from, length < most ? length : most,
			  0, PF_WRITE_PUNCH);
}

static __always_inline int btrfs_zero(struct btrfs_inode___module *inode, __u64 from, __u64 stop)
{
	__u64 mapping = (__u64)BPF_CORE_READ(inode, vfs_inode.i_mapping);

	return stop > from ? zero_begin(mapping, from, stop - from, 0, PF_WRITE_PUNCH) : 0;
}

static __always_inline __u64 btrfs_block(struct btrfs_inode___module *inode)
{
	return 1ULL << BPF_CORE_READ(inode, vfs_inode.i_blkbits);
}

#endif

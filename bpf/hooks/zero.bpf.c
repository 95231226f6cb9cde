// SPDX-License-Identifier: GPL-2.0-only
/* zero.bpf.c - truncate and hole punch zero bytes of pages that stay in their file. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "life/zero.bpf.h"

/*
 * A folio of which truncate or hole punch zeroes a part; the range is computed as
 * truncate_inode_partial_folio() does. A whole folio leaves the file with its bytes.
 */
SEC("fentry/truncate_inode_partial_folio")
int ATOMIC_PROG(on_zero, struct folio *folio, loff_t start, loff_t end)
{
	__u64 pos = folio->index << cfg.page_shift, from, stop;
	__u64 size = compat_folio_pages((__u64)folio) << cfg.page_shift;

	from = (__u64)start > pos ? start : pos;
	stop = (__u64)end < pos + size ? (__u64)end + 1 : pos + size;
	if (stop <= from || (from == pos && stop == pos + size))
		return 0;
	return zero_begin((__u64)BPF_CORE_READ(folio, mapping), from, stop - from, (__u64)folio,
			  end == -1 ? PF_WRITE_TRUNCATE : PF_WRITE_PUNCH);
}

SEC("fexit/truncate_inode_partial_folio")
int ATOMIC_PROG(on_zeroed)
{
	return zero_end(ctx);
}

/*
 * iomap (xfs) zeroes from the new end of the file to the end of the block, before the page
 * cache does. The same function zeroes the ends of a hole.
 */
SEC("fentry/iomap_truncate_page")
int ATOMIC_PROG(on_eof_zero, struct inode *inode, loff_t pos)
{
	return eof_zero(inode, pos);
}

SEC("fexit/iomap_truncate_page")
int ATOMIC_PROG(on_eof_zeroed)
{
	return zero_end(ctx);
}

SEC("fentry/iomap_zero_range")
int ATOMIC_PROG(on_iomap_zero, struct inode *inode, loff_t pos, loff_t len)
{
	if (write_open(write_key(PF_WRITE_ZERO)))	/* a truncate called this */
		return 0;
	return zero_begin((__u64)BPF_CORE_READ(inode, i_mapping), pos, len, 0, PF_WRITE_PUNCH);
}

SEC("fexit/iomap_zero_range")
int ATOMIC_PROG(on_iomap_zeroed)
{
	return zero_end(ctx);
}

/*
 * File systems on buffer heads (vfat, exfat, udf, ext2, minix, jfs and more) zero from the new
 * end of the file to the end of the block, before the page cache does.
 */
SEC("fentry/block_truncate_page")
int ATOMIC_PROG(on_block_zero, struct address_space *mapping, loff_t from)
{
	return eof_zero(BPF_CORE_READ(mapping, host), from);
}

SEC("fexit/block_truncate_page")
int ATOMIC_PROG(on_block_zeroed)
{
	return zero_end(ctx);
}

SEC("fentry/ext4_block_zero_page_range")
int ATOMIC_PROG(on_ext4_zero, void *handle, struct address_space *mapping, loff_t from, loff_t length)
{
	return ext4_zero(BPF_CORE_READ(mapping, host), from, length);
}

SEC("fexit/ext4_block_zero_page_range")
int ATOMIC_PROG(on_ext4_zeroed)
{
	return zero_end(ctx);
}

/* 7.x has the same function under another name, and with the inode in place of the mapping. */
SEC("fentry/ext4_block_zero_range")
int ATOMIC_PROG(on_ext4_range, struct inode *inode, loff_t from, loff_t length)
{
	return ext4_zero(inode, from, length);
}

SEC("fexit/ext4_block_zero_range")
int ATOMIC_PROG(on_ext4_ranged)
{
	return zero_end(ctx);
}

/*
 * Up to 6.15 btrfs zeroes in the block of `from`: in front of it, or len bytes from it on, or
 * if len is 0 the rest of the block.
 */
SEC("fentry/btrfs_truncate_block")
int ATOMIC_PROG(on_btrfs_front, struct btrfs_inode___module *inode, loff_t from, loff_t len, int front)
{
	__u64 block = btrfs_block(inode), start = from & ~(block - 1);
	__u64 stop = len ? from + len : start + block;

	if (from == start && !(len & (block - 1)))
		return 0;
	return front ? btrfs_zero(inode, start, from) : btrfs_zero(inode, from, stop);
}

/*
 * Since 6.16 btrfs zeroes the part of [start, end] in the block of `offset`. A whole block is
 * not zeroed. If end is -1, truncate has zeroed before.
 */
SEC("fentry/btrfs_truncate_block")
int ATOMIC_PROG(on_btrfs_range, struct btrfs_inode___module *inode, __u64 offset, __u64 start,
	     __u64 end)
{
	__u64 block = btrfs_block(inode), first = offset & ~(block - 1);
	__u64 from = start > first ? start : first;
	__u64 stop = end < first + block ? end + 1 : first + block;

	if (end == (__u64)-1 || (from == first && stop == first + block))
		return 0;
	return btrfs_zero(inode, from, stop);
}

SEC("fexit/btrfs_truncate_block")
int ATOMIC_PROG(on_btrfs_zeroed)
{
	return zero_end(ctx);
}

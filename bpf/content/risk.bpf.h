/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * risk.bpf.h - can the bytes of a file's page change without the notice of a hook?
 *
 * That is asked behind the moment at which the flights have entered the index, with a full
 * barrier between. Whoever may change the bytes makes himself visible first, also with a full
 * barrier (the lock of a writer, the count of a mapping), and then looks into the index. So
 * either he finds the flights, and takes their fingerprints in front of the change, or the
 * attach finds him, and takes them at once.
 *
 * A mapping that is gone still counts: somebody may have pinned its pages to store to them,
 * and nothing says for how long. So a file that was ever mapped stays at risk.
 */
#ifndef PF_RISK_BPF_H
#define PF_RISK_BPF_H

#include "base/maps.bpf.h"
#include "kernel/compat.bpf.h"

#define FILE_TYPE 0170000	/* S_IFMT */
#define FILE_REGULAR 0100000	/* S_IFREG */
#define SB_NO_USER (1ULL << 31 | 1ULL << 22)	/* SB_NOUSER, SB_KERNMOUNT: memfd, SysV, drivers */

#define MAGIC_TMPFS 0x01021994
#define MAGIC_EXT4 0xef53	/* of the driver for ext2 as well, whose writers differ */
#define MAGIC_XFS 0x58465342

#define NAME_EXT4 0x34747865	/* "ext4", four bytes of the name of a file system */

static __always_inline int fs_is_ext4(const struct super_block *sb)
{
	__u32 name = 0;

	bpf_probe_read_kernel(&name, sizeof(name), sb->s_type->name);
	return name == NAME_EXT4;
}

/* Is every writer of the file system hooked? */
static __always_inline int fs_is_sound(const struct super_block *sb)
{
	__u64 magic = sb->s_magic;

	if (magic == MAGIC_TMPFS)
		return pf_sound_fs & PF_FS_TMPFS && !(sb->s_flags & SB_NO_USER);
	if (magic == MAGIC_XFS)
		return pf_sound_fs & PF_FS_XFS;
	return magic == MAGIC_EXT4 && pf_sound_fs & PF_FS_EXT4 && fs_is_ext4(sb);
}

/* The bit of `mapped` that a file has. Other files can have the same. */
static __always_inline __u32 mapped_hash(__u64 ino, __u32 generation, __u32 dev)
{
	return ((ino ^ (__u64)generation << 32 ^ (__u64)dev << 44) * 0x9e3779b97f4a7c15ULL) >>
	       (64 - PF_MAPPED_BITS);
}

static __always_inline __u64 *mapped_word(const struct inode *inode, __u64 *ret_bit)
{
	__u32 n = mapped_hash(inode->i_ino, inode->i_generation, inode->i_sb->s_dev), at = n >> 6;

	*ret_bit = 1ULL << (n & 63);
	return bpf_map_lookup_elem(&mapped, &at);
}

/*
 * The file is mapped shared and writable, or may be made so. The value is used, so that this
 * is a full barrier on every architecture.
 */
static __always_inline void mapped_note(const struct address_space *m)
{
	__u64 bit, *word = mapped_word(m->host, &bit), old;

	if (!word)
		return;
	old = __sync_fetch_and_or(word, bit);
	asm volatile("" :: "r"(old));
}

static __always_inline int risk_of(const struct address_space *m)
{
	const struct inode *inode = m->host;
	__u64 bit, *word;

	if (!pf_lazy || (inode->i_mode & FILE_TYPE) != FILE_REGULAR || !fs_is_sound(inode->i_sb))
		return 1;
	/* Somebody writes, and has found that nothing of the file was in flight. */
	if (compat_inode_locked(inode))
		return 1;
	word = mapped_word(inode, &bit);
	return !word || *word & bit || m->i_mmap_writable.counter > 0;
}

#endif

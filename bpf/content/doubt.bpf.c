// SPDX-License-Identifier: GPL-2.0-only
/* doubt.bpf.c - see doubt.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/index.bpf.h"
#include "flight/waiting.bpf.h"
#include "doubt.bpf.h"
#include "risk.bpf.h"

/* The bit of `mapped` that a file has, by the number of its inode. */
static __always_inline __u32 mapped_number(__u64 inode)
{
	struct super_block *sb = KERNEL_READ(inode, inode, i_sb);

	return mapped_hash(KERNEL_READ(inode, inode, i_ino),
			   KERNEL_READ(inode, inode, i_generation), BPF_CORE_READ(sb, s_dev));
}

/* Has the hook told of a mapping of this file? */
static __always_inline int mapped_is_noted(__u32 bit)
{
	__u32 at = bit >> 6;
	__u64 *word = bpf_map_lookup_elem(&mapped, &at);

	return !word || *word & 1ULL << (bit & 63);
}

__noinline int file_is_unmapped(__u64 mapping)
{
	if (KERNEL_READ(address_space, mapping, i_mmap_writable.counter) > 0)
		return 0;
	return !mapped_is_noted(mapped_number((__u64)KERNEL_READ(address_space, mapping, host)));
}

__noinline int doubt_release(__u32 n, __u32 *asked)
{
	struct pf_flight *f = flight_of(n);
	struct pf_doubt *d;
	__u32 bit;

	if (!f || !asked || !fp_waits(f->fp))
		return 0;
	*asked = f->mapping;
	if (KERNEL_READ(address_space, f->mapping, i_mmap_writable.counter) <= 0)
		return 0;
	if (!flight_there(n, 0))	/* its file may be gone, and what was read is none */
		return 0;
	bit = mapped_number((__u64)KERNEL_READ(address_space, f->mapping, host));
	if (mapped_is_noted(bit))
		return 0;
	d = &pf_doubts[bit & (PF_DOUBTS - 1)];
	if (d->since)	/* this one or another: one is enough for the loss to be known */
		return 0;
	d->bit = bit;
	d->since = bpf_ktime_get_ns();
	return 0;
}

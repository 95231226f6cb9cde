// SPDX-License-Identifier: GPL-2.0-only
/* page.bpf.c - see page.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "page.bpf.h"

#define HUGETLBFS_MAGIC 0x958458f6

__noinline __u64 huge_index(__u64 head, __u64 mapping, __u64 index)
{
	if (KERNEL_READ(address_space, mapping, host, i_sb, s_magic) != HUGETLBFS_MAGIC)
		return index;
	return index * compat_folio_pages(head);
}

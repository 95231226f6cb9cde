// SPDX-License-Identifier: GPL-2.0-only
/* memmap.bpf.c - where the kernel has its memory, checked by a page of known bytes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "base/maps.bpf.h"
#include "kernel/page.bpf.h"
#include "content/fingerprint.bpf.h"

static __always_inline __u64 read_number(__u64 addr)
{
	__u64 value = 0;

	if (addr)
		bpf_probe_read_kernel(&value, sizeof(value), (void *)addr);
	return value;
}

/*
 * User space runs this over all open files and names one of its own. That has one page, the
 * only entry of its xarray, whose bytes user space knows: if the fingerprint is right, so
 * are the addresses.
 */
SEC("iter/task_file")
int on_memmap(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u64 page;

	if (!file || !task || task->tgid != pf_memmap.tgid || ctx->fd != pf_memmap.fd)
		return 0;
	if (pf_memmap.page_offset_at) {
		pf_page_offset = read_number(pf_memmap.page_offset_at);
		pf_vmemmap = read_number(pf_memmap.vmemmap_at);
	}
	page = (__u64)BPF_CORE_READ(file, f_mapping, i_pages.xa_head);
	if (page && !(page & 3))
		pf_memmap.fp = content_fp(page_addr(page), 1 << cfg.page_shift);
	return 0;
}

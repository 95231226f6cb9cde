// SPDX-License-Identifier: GPL-2.0-only
/*
 * fingerprint.bpf.c - the fingerprint of a page piece.
 *
 * The bytes are copied first. To read them in place takes longer, since the address of
 * each word would be checked.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "fingerprint.h"
#include "base/count.bpf.h"
#include "base/mode.bpf.h"
#include "base/scratch.bpf.h"
#include "kernel/compat.bpf.h"
#include "fingerprint.bpf.h"

struct fp_job {
	__u64 addr;
	__u32 left;
	__u32 slot;
	__u32 failed;
	__u32 pad;
	struct pf_fp fp;
};

/* Pad the last block with zeros. */
static __always_inline void pad_block(struct pf_scratch *s, __u32 len)
{
	char *end = s->bytes + (len & (PF_SCRATCH_BYTES - 1));

#pragma unroll
	for (int i = 0; i < PF_FP_BLOCK; i += 8)
		*(__u64 *)(end + i) = 0;
}

static int on_fp_chunk(__u32 i, struct fp_job *p)
{
	__u32 len = p->left < PF_SCRATCH_BYTES ? p->left : PF_SCRATCH_BYTES;
	struct pf_scratch *s = bpf_map_lookup_elem(&scratch, &p->slot);

	if (!len || !s)
		return 1;
	if (bpf_probe_read_kernel(s->bytes, len, (void *)p->addr)) {
		p->failed = 1;
		return 1;
	}
	if (len % PF_FP_BLOCK)
		pad_block(s, len);
	for (__u32 at = 0; at < PF_SCRATCH_BYTES && at < len; at += PF_FP_BLOCK)
		pf_fp_block(&p->fp, (__u64 *)(s->bytes + at));
	p->addr += len;
	p->left -= len;
	return 0;
}

__noinline __u64 content_fp(__u64 addr, __u32 len)
{
	struct fp_job p = { .addr = addr, .left = len };
	struct pf_scratch *s;

	if (!content_on())
		return 0;
	s = scratch_reserve(&p.slot);
	if (!s) {
		count(PF_C_read_failed, 1);
		return 0;
	}
	p.failed = pf_zero;
	pf_fp_begin(&p.fp);
	bpf_loop(PF_PAGE_MAX / PF_SCRATCH_BYTES, on_fp_chunk, &p, 0);
	s->busy = 0;
	if (p.failed) {
		count(PF_C_read_failed, 1);
		return 0;
	}
	return pf_fp_end(&p.fp, len);
}

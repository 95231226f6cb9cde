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

#define FP_STEP 512		/* bytes of one step, which is four blocks */

struct fp_job {
	struct pf_scratch *s;
	__u64 addr;
	__u32 len;		/* 0 in the end: the bytes cannot be read */
	__u32 slot;		/* of s */
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

/* Copy the next bytes, of which there are `left`. Returns 0, or -1 if they cannot be read. */
static __always_inline int fp_copy(struct fp_job *p, __u32 at, __u32 left)
{
	__u32 len = left;

	barrier_var(len);	/* else a copy is compared, and 6.1 does not know this one's bound */
	if (len > PF_SCRATCH_BYTES)
		len = PF_SCRATCH_BYTES;
	if (bpf_probe_read_kernel(p->s->bytes, len, (void *)p->addr + at))
		return -1;
	if (len % PF_FP_BLOCK)
		pad_block(p->s, len);
	return 0;
}

/*
 * The verifier follows a loop as often as it runs, but a callback only until nothing new is
 * found in its context. So a step takes a few blocks, and where it stands comes from i.
 */
static int on_fp_step(__u32 i, struct fp_job *p)
{
	__u32 at = i * FP_STEP, left = p->len - at;
	struct pf_fp fp;
	char *bytes;

	if (at >= p->len)
		return 1;
	if (!(at % PF_SCRATCH_BYTES) && fp_copy(p, at, left)) {
		p->len = 0;
		return 1;
	}
	bytes = p->s->bytes + at % PF_SCRATCH_BYTES;
	fp = p->fp;
#pragma unroll
	for (__u32 block = 0; block < FP_STEP; block += PF_FP_BLOCK)
		if (block < left)
			pf_fp_block(&fp, (__u64 *)(bytes + block));
	p->fp = fp;
	return 0;
}

__noinline __u64 content_fp(__u64 addr, __u32 len)
{
	struct fp_job p = { .addr = addr, .len = len };

	if (!content_on())
		return 0;
	p.s = scratch_reserve(&p.slot);
	if (!p.s) {
		count(PF_C_read_failed, 1);
		return 0;
	}
	pf_fp_begin(&p.fp);
	bpf_loop(PF_PAGE_MAX / FP_STEP, on_fp_step, &p, 0);
	p.s->busy = 0;
	if (!p.len) {
		count(PF_C_read_failed, 1);
		return 0;
	}
	return pf_fp_end(&p.fp, len);
}

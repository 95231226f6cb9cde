// SPDX-License-Identifier: GPL-2.0-only
/* orig.bpf.c - the bytes of flights before they were overwritten; see content.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "content.bpf.h"

static __always_inline struct pf_original *original_at(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&originals, &slot) : NULL;
}

static __always_inline __u32 original_take(void)
{
	__u32 slot = 0;

	if (!bpf_map_pop_elem(&free_originals, &slot))
		return slot;
	if (pf_originals_fresh >= PF_ORIGINALS)
		return 0;
	slot = __sync_fetch_and_add(&pf_originals_fresh, 1) + 1;
	return slot <= PF_ORIGINALS ? slot : 0;
}

__noinline int orig_keep(__u32 n)
{
	void *base = pool();
	struct pf_original *o;
	struct pf_flight *f;
	__u32 slot, len;

	if (!base)
		return 0;
	f = flight_at(base, n);
	len = f->len;
	if (f->orig || f->last != f->print || len > PF_ORIGINAL_BYTES)
		return 0;
	slot = original_take();
	o = original_at(slot);
	if (!o)
		return 0;
	if (bpf_probe_read_kernel(o->bytes, len, (void *)page_addr(f->page) + f->off)) {
		bpf_map_push_elem(&free_originals, &slot, BPF_ANY);
		return 0;
	}
	f->orig = slot;
	return 0;
}

__noinline int orig_same(__u32 n, __u32 from, __u32 to)
{
	void *base = pool();
	struct pf_original *o;
	struct pf_flight *f;

	if (!base || from >= to)
		return -1;
	f = flight_at(base, n);
	o = original_at(f->orig);
	if (!o || to > f->len)
		return -1;
	return content_print(number_of(o->bytes) + from, to - from) ==
	       content_print(page_addr(f->page) + f->off + from, to - from);
}

__noinline int orig_drop(__u32 n)
{
	void *base = pool();
	struct pf_flight *f;
	__u32 slot;

	if (!base)
		return 0;
	f = flight_at(base, n);
	slot = f->orig;
	f->orig = 0;
	if (slot)
		bpf_map_push_elem(&free_originals, &slot, BPF_ANY);
	return 0;
}

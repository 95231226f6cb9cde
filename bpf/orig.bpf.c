// SPDX-License-Identifier: GPL-2.0-only
/* orig.bpf.c - the bytes of flights before they were overwritten; see content.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "content.bpf.h"
#include "scratch.bpf.h"

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

struct diff {
	__u32 orig, now;	/* slots of `originals` and `scratch` */
	__u32 at;		/* word to compare next */
	__u32 from, to;		/* bytes that count */
	__u32 lo, hi;		/* those that differ; lo is the end while there are none */
	__u32 pad;
};

/* Which bytes of a word count. */
static __always_inline __u64 word_mask(const struct diff *d, __u32 at)
{
	__u64 mask = ~0ULL;

	if (at < d->from)
		mask <<= 8 * ((d->from - at) & 7);
	if (at + 8 > d->to)
		mask &= ~0ULL >> 8 * ((at + 8 - d->to) & 7);
	return mask;
}

static int on_diff_word(__u32 i, struct diff *d)
{
	struct pf_original *o = bpf_map_lookup_elem(&originals, &d->orig);
	struct pf_scratch *s = bpf_map_lookup_elem(&scratch, &d->now);
	__u32 at = d->at, lo, hi;
	__u64 x;

	if (!o || !s || at >= d->to)
		return 1;
	d->at = at + 8;
	at &= PF_ORIGINAL_BYTES - 8;
	x = (*(__u64 *)(o->bytes + at) ^ *(__u64 *)(s->bytes + at)) & word_mask(d, at);
	if (!x)
		return 0;
	lo = at;
	hi = at + 8;
	for (int k = 0; k < 7 && !(x & 0xff); k++, lo++)
		x >>= 8;
	for (int k = 0; k < 7 && hi > lo + 1 && !(x >> 8 * ((hi - lo - 1) & 7)); k++)
		hi--;
	if (lo < d->lo)
		d->lo = lo;
	d->hi = hi;
	return 0;
}

__noinline __u64 orig_diff(__u32 n, __u32 from, __u32 to)
{
	struct diff d = { .from = from, .to = to, .at = from & ~7U, .lo = to };
	void *base = pool();
	struct pf_scratch *s;
	struct pf_flight *f;
	__u32 len;

	if (!base || from >= to)
		return ORIG_UNKNOWN;
	f = flight_at(base, n);
	len = f->len;
	d.orig = f->orig;
	d.hi = pf_zero;
	if (!d.orig || to > len || len > PF_ORIGINAL_BYTES || !scratch_take(&d.now))
		return ORIG_UNKNOWN;
	s = bpf_map_lookup_elem(&scratch, &d.now);
	if (!s)
		return ORIG_UNKNOWN;
	if (bpf_probe_read_kernel(s->bytes, len, (void *)page_addr(f->page) + f->off))
		d.orig = 0;
	else
		bpf_loop(PF_ORIGINAL_BYTES / 8, on_diff_word, &d, 0);
	s->busy = 0;
	return d.orig ? (__u64)d.lo << 32 | (d.hi ?: d.lo) : ORIG_UNKNOWN;
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

// SPDX-License-Identifier: GPL-2.0-only
/* original.bpf.c - see original.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "base/scratch.bpf.h"
#include "base/slots.bpf.h"
#include "index.bpf.h"
#include "original.bpf.h"
#include "waiting.bpf.h"

static __always_inline struct pf_original *original_at(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&originals, &slot) : NULL;
}

static __always_inline void originals_more(__u32 owner, __u32 more)
{
	struct pf_owner *o = owner_at(owner);

	if (o)
		__sync_fetch_and_add(&o->originals, more);
}

static __always_inline int originals_full(__u32 owner)
{
	struct pf_owner *o = owner_at(owner);

	return o && o->originals >= PF_ORIGINALS / 4;
}

__noinline int orig_keep(__u32 n, __u32 owner)
{
	struct pf_flight *f = flight_of(n);
	struct pf_original *o;
	__u32 slot, len;

	if (!f)
		return 0;
	len = flight_len(f);
	if (f->orig || flight_last(f) != f->fp || len > PF_ORIGINAL_BYTES ||
	    originals_full(owner))
		return 0;
	slot = slot_reserve(&free_originals, &pf_originals_fresh, PF_ORIGINALS);
	o = original_at(slot);
	if (!o)
		return 0;
	if (bpf_probe_read_kernel(o->bytes, len, (void *)page_addr(f->page) + f->off)) {
		bpf_map_push_elem(&free_originals, &slot, BPF_ANY);
		return 0;
	}
	o->owner = owner;
	originals_more(owner, 1);
	f->orig = slot;
	return 0;
}

struct diff {
	__u32 orig, now;	/* keys of `originals` and `scratch` */
	__u32 from, to;		/* bytes that are compared */
};

/* A mask of the bytes of a word that are compared. */
static __always_inline __u64 word_mask(const struct diff *d, __u32 at)
{
	__u64 mask = ~0ULL;

	if (at < d->from)
		mask <<= 8 * ((d->from - at) & 7);
	if (at + 8 > d->to)
		mask &= ~0ULL >> 8 * ((at + 8 - d->to) & 7);
	return mask;
}

/* Number of zero bytes at the low end of a word that is not 0. */
static __always_inline __u32 bytes_below(__u64 x)
{
	__u32 n = 0;

	if (!(x & 0xffffffff)) { n += 4; x >>= 32; }
	if (!(x & 0xffff)) { n += 2; x >>= 16; }
	return n + !(x & 0xff);
}

static int on_diff_word(__u32 i, struct diff *d)
{
	struct pf_original *o = bpf_map_lookup_elem(&originals, &d->orig);
	struct pf_scratch *s = bpf_map_lookup_elem(&scratch, &d->now);
	__u32 at = (d->from & ~7U) + 8 * i, lo;
	__u64 x;

	if (!o || !s || at >= d->to)
		return 1;
	at &= PF_ORIGINAL_BYTES - 8;
	x = (*(__u64 *)(o->bytes + at) ^ *(__u64 *)(s->bytes + at)) & word_mask(d, at);
	if (!x)
		return 0;
	lo = at + bytes_below(x);
	if (lo < s->lo)
		s->lo = lo;
	s->hi = at + 8 - bytes_below(__builtin_bswap64(x));
	return 0;
}

__noinline int orig_diff(__u32 n, struct byte_range *range)
{
	struct pf_flight *f = flight_of(n);
	struct diff d = {};
	struct pf_scratch *s;
	int known = 0;
	__u32 len;

	if (!f || !range || range->from >= range->to)
		return 0;
	d.from = range->from;
	d.to = range->to;
	len = flight_len(f);
	d.orig = f->orig;
	if (!d.orig || d.to > len || len > PF_ORIGINAL_BYTES)
		return 0;
	s = scratch_reserve(&d.now);
	if (!s)
		return 0;
	s->lo = s->hi = d.to;
	if (!bpf_probe_read_kernel(s->bytes, len, (void *)page_addr(f->page) + f->off)) {
		bpf_loop(PF_ORIGINAL_BYTES / 8, on_diff_word, &d, 0);
		range->from = s->lo;
		range->to = s->hi;
		known = 1;
	}
	s->busy = 0;
	return known;
}

__noinline int orig_drop(__u32 n)
{
	struct pf_flight *f = flight_of(n);
	struct pf_original *o;
	__u32 slot;

	if (!f)
		return 0;
	slot = f->orig;
	f->orig = 0;
	o = original_at(slot);
	if (!o)
		return 0;
	originals_more(o->owner, -1);
	bpf_map_push_elem(&free_originals, &slot, BPF_ANY);
	return 0;
}

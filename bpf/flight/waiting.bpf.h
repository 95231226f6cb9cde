/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * waiting.bpf.h - fingerprints that are not taken yet. As long as only writers that a hook
 * sees can change the bytes of a flight, its fingerprint waits for the first of them:
 * content/due.bpf.h takes it in front of the change. A flight whose fingerprint waits has
 * the bytes that the socket took, so there is nothing to look at.
 */
#ifndef PF_WAITING_BPF_H
#define PF_WAITING_BPF_H

#include "base/state.bpf.h"
#include "seq.h"
#include "watch.bpf.h"

/*
 * `fp` of such a flight: 16 bits that no fingerprint has, and 48 of the time of attach.
 * These differ from those of any other life of the record. So whoever was interrupted while
 * taking a fingerprint can not give it to the next flight there.
 */
#define FP_WAITS (0xffffULL << 48)

static __always_inline int fp_waits(__u64 fp)
{
	return fp >= FP_WAITS;
}

static __always_inline __u64 fp_waiting(__u64 attached)
{
	return FP_WAITS | (attached & ~FP_WAITS);
}

/* The fingerprint of a flight at attach; 0 if it has none, or none yet. */
static __always_inline __u64 flight_known(const struct pf_flight *f)
{
	__u64 fp = f->fp;

	return fp_waits(fp) ? 0 : fp;
}

/* Has the flight a fingerprint? This is one comparison, for the verifier's sake. */
static __always_inline int flight_has_fp(const struct pf_flight *f)
{
	return f->fp - 1 < FP_WAITS - 1;
}

/* `last` or, if that is 0, fp: without a branch, which the verifier would follow both ways. */
static __always_inline __u64 last_or(__u64 last, __u64 fp)
{
	__u64 none = ((last | -last) >> 63) - 1;

	asm volatile("" : "+r"(none));
	return last | (fp & none);
}

/* The fingerprint of a flight at its last look; it must be known. */
static __always_inline __u64 flight_last(const struct pf_flight *f)
{
	return last_or(f->last, f->fp);
}

/* A flight that ends at `end` is about to get its fingerprint. */
static __always_inline void conn_fp_reaches(struct pf_conn *c, __u32 end)
{
	__u32 old = c->fp_end;

	for (int i = 0; i < 8 && seq_after(end, old); i++) {
		__u32 seen = __sync_val_compare_and_swap(&c->fp_end, old, end);

		if (seen == old)
			return;
		old = seen;
	}
	if (seq_after(end, old))	/* others change it all the time */
		c->fp_end = end;
}

/* Can a flight that ends behind seq have a fingerprint? */
static __always_inline int conn_has_fp(const struct pf_conn *c, __u32 seq)
{
	return seq_after(c->fp_end, seq);
}

/* What is released must not look as if it were to come, 2^31 bytes later. */
static __always_inline void conn_fp_passed(struct pf_conn *c, __u32 slot)
{
	__u32 released = c->flags & PF_CONN_LOCAL ? seq_min(c->una, c->read) : c->una;
	__u32 old = c->fp_end;

	if (seq_after(released, old))
		__sync_val_compare_and_swap(&c->fp_end, old, released);
	if (c->watch & WATCH_FP)
		conn_unwatch_fp(slot, released);
}

#endif

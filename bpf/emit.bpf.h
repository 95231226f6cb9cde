/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.bpf.h - counting, and the only place where records enter the ring
 * buffer. Whatever fails has a counter.
 */
#ifndef PF_EMIT_BPF_H
#define PF_EMIT_BPF_H

#include "maps.bpf.h"

static __always_inline struct pf_stats *stats_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

/* Per CPU, but a program in an interrupt may count between load and store. */
static __always_inline void count(enum pf_counter c, __u64 n)
{
	struct pf_stats *s = stats_here();

	if (s)
		__sync_fetch_and_add(&s->count[c], n);
}

/* A number from 1 to max that is free: one that was given back, or a fresh one. 0: none. */
static __always_inline __u32 slot_take(void *given_back, __u32 *fresh, __u32 max)
{
	__u32 slot = 0;

	if (!bpf_map_pop_elem(given_back, &slot))
		return slot;
	if (*fresh >= max)		/* or the count would go round in time */
		return 0;
	slot = __sync_fetch_and_add(fresh, 1) + 1;
	return slot <= max ? slot : 0;
}

static __always_inline void *record_new(__u32 type, __u32 size)
{
	struct pf_event *h = bpf_ringbuf_reserve(&events, size, 0);

	if (!h) {
		count(PF_C_events_lost, 1);
		return NULL;
	}
	h->ts = bpf_ktime_get_ns();
	h->type = type;
	h->size = size;
	return h;
}

static __always_inline void record_send(void *record)
{
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void emit_range(__u32 type, __u64 conn, __u32 seq, __u32 len, __u32 why,
				       __u64 fp)
{
	struct pf_ev_range *r = record_new(type, sizeof(*r));

	if (!r)
		return;
	r->conn = conn;
	r->seq = seq;
	r->len = len;
	r->why = why;
	r->pad = 0;
	r->fp = fp;
	record_send(r);
}

/* Slot of a lifetime in ns: 0 below 1 us, n for [2^(n-1), 2^n) us. */
static __always_inline __u32 lifetime_slot(__u64 ns)
{
	__u64 us = ns / 1000;
	__u32 slot = 0;

	if (us >> 32)
		return PF_HIST_SLOTS - 1;
	if (us >> 16) { slot += 16; us >>= 16; }
	if (us >> 8) { slot += 8; us >>= 8; }
	if (us >> 4) { slot += 4; us >>= 4; }
	if (us >> 2) { slot += 2; us >>= 2; }
	if (us >> 1) { slot += 1; us >>= 1; }
	slot += us;
	return slot < PF_HIST_SLOTS ? slot : PF_HIST_SLOTS - 1;
}

/* The same slot for certain: numbers with one highest bit have it in common. */
static __always_inline int lifetime_alike(__u64 ns, __u64 other)
{
	__u64 us = ns / 1000, other_us = other / 1000;

	return (us ^ other_us) <= (us & other_us);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.bpf.h - the only place where records enter the ring buffer.
 */
#ifndef PF_RECORD_BPF_H
#define PF_RECORD_BPF_H

#include "base/count.bpf.h"

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

/* Where the reader of the ring buffer stands, and where its writers do. */
static __always_inline __u64 ring_taken(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_CONS_POS);
}

static __always_inline __u64 ring_written(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_PROD_POS);
}

static __always_inline __u64 ring_left(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_RING_SIZE) -
	       bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
}

static __always_inline void record_send(void *record)
{
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void record_range(__u32 type, __u64 conn, __u32 seq, __u32 len, __u32 why,
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

#endif

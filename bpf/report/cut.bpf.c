// SPDX-License-Identifier: GPL-2.0-only
/* cut.bpf.c - see cut.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/conn.bpf.h"
#include "cut.bpf.h"

__noinline int record_allowed(__u32 owner, __u32 bytes)
{
	struct pf_owner *o = owner_at(owner);

	if (!o)
		return 1;
	if (ring_taken() >= o->ring_mark) {
		o->ring_mark = ring_written() + bytes;
		o->ring_bytes = 0;
	}
	if (o->ring_bytes + bytes > ring_left() / 2)
		return 0;
	__sync_fetch_and_add(&o->ring_bytes, bytes);
	return 1;
}

__noinline int conn_cut(__u32 slot, __u32 seq)
{
	struct pf_conn *c = conn_at(slot);
	__u32 from = seq, end = seq + 1;
	struct pf_flight *head, *tail;
	void *base = pool();

	if (!c || !base || c->flags & PF_CONN_CUT)
		return 0;
	conn_flag(c, PF_CONN_LOST | PF_CONN_CUT);
	if (!c->hits)
		return 0;
	head = flight_at(base, c->head);
	tail = flight_at(base, c->tail);
	if (c->head)
		from = seq_min(from, head->seq);
	if (c->tail)
		end = seq_max(end, tail->seq + flight_len(tail));
	record_range(PF_EV_CUT, c->id, from, end - from, 0, 0);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cut.bpf.h - records that a connection may cause. If its user has its share of the ring
 * buffer, they are not sent, and what is said of the connection is weaker from then on.
 */
#ifndef PF_CUT_BPF_H
#define PF_CUT_BPF_H

#include "flight/index.bpf.h"
#include "record.bpf.h"

/*
 * From now on not all is told of a connection. The first time that is said, for all that its
 * bytes have told so far, those at seq included.
 */
int conn_cut(__u32 slot, __u32 seq);

/*
 * May the flights of a user have so many bytes of records more? What the reader has not
 * taken of such records may be half of what is left of the ring buffer: then some of it is
 * left for others always.
 */
int record_allowed(__u32 owner, __u32 bytes);

static __always_inline void conn_range(struct pf_conn *c, __u32 slot, __u32 type, __u32 seq,
				       __u32 len, __u32 why, __u64 fp)
{
	if (record_allowed(c->owner, sizeof(struct pf_ev_range))) {
		record_range(type, c->id, seq, len, why, fp);
		return;
	}
	owner_refused(c->owner, PF_C_user_ring, 1);
	conn_cut(slot, seq);
}

/* What a hit takes of the ring buffer. The first hit of a write pays for the write's record. */
static __always_inline __u32 hit_bytes(__u32 hits)
{
	return sizeof(struct pf_ev_hit) + (hits ? 0 : sizeof(struct pf_ev_op));
}

static __always_inline void hit_refused(const struct pf_conn *c, const struct pf_flight *f)
{
	owner_refused(c->owner, PF_C_user_ring, 1);
	conn_cut(f->conn, f->seq);
}

static __always_inline int hit_allowed(const struct pf_conn *c, const struct pf_flight *f,
				       __u32 hits)
{
	if (record_allowed(c->owner, hit_bytes(hits)))
		return 1;
	hit_refused(c, f);
	return 0;
}

#endif

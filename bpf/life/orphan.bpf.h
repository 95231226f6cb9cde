/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orphan.bpf.h - connections whose sending socket is gone. What a reader on this host
 * has in its queue stays in flight. For a reader elsewhere the connection lingers as
 * long as its packets are still in this host.
 */
#ifndef PF_ORPHAN_BPF_H
#define PF_ORPHAN_BPF_H

#include "base/count.bpf.h"
#include "settle.bpf.h"

/*
 * Give up the oldest pages that have left this host. The socket tells that while it has
 * its queue; later the references of the pages do. Or give up all of them. Returns the
 * sequence number up to which pages were given up.
 */
#define SWEEP_BY_PAGE 0u
#define SWEEP_BY_SOCK 1u
#define SWEEP_ALL     2u

__u32 conn_sweep(__u32 slot, __u32 how);

/*
 * Packets of the socket may wait in a qdisc, a driver or a ring, and stay there when it
 * drops its queue. Remember the connection until the references of their pages tell that
 * they are gone. Returns the flag that it gets, or 0.
 */
static __noinline __u32 conn_linger(const struct pf_conn *c, __u32 slot)
{
	struct pf_tuple key;

	tuple_key(&c->tuple, &key);
	if (bpf_map_update_elem(&lingering, &key, &slot, BPF_NOEXIST)) {
		count(PF_C_held_full, 1);
		return 0;
	}
	__sync_fetch_and_add(&pf_lingering_conns, 1);
	return PF_CONN_LINGERS;
}

/*
 * The sending socket gives up its queue. If the reader is on this host, everything that
 * was transmitted stays in flight, since it may be in the reader's queue. Else that stays
 * which may still be in this host.
 */
static __always_inline void conn_orphan(struct pf_conn *c, __u32 slot, __u64 sk)
{
	__u32 una = TCP_READ(sk, snd_una), nxt = TCP_READ(sk, snd_nxt), more = PF_CONN_ORPHAN;

	if (c->flags & PF_CONN_ASK)
		reader_settle(c, slot);
	if (c->flags & PF_CONN_LOCAL)
		una = nxt;
	else if (!(c->flags & PF_CONN_ORPHAN) && seq_after(nxt, una))
		more |= conn_linger(c, slot);
	c->orphaned = bpf_ktime_get_ns();
	c->nxt = nxt;
	c->given_up = c->aborted = una;
	if (more & PF_CONN_LINGERS)
		c->aborted = conn_sweep(slot, SWEEP_BY_SOCK);
	bpf_spin_lock(&c->lock);
	c->una_off += seq_diff(una, c->una);
	c->una = una;
	c->flags |= more;
	bpf_spin_unlock(&c->lock);
	sock_forget(sk, slot, 0);
	conn_drain(slot);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.bpf.h - how far a connection has come with the bytes of one flight: at least,
 * when a write begins, and at most, when it is complete.
 */
#ifndef PF_PROGRESS_BPF_H
#define PF_PROGRESS_BPF_H

#include "index.bpf.h"

/*
 * How far the bytes were copied when they changed. Bytes before `certain` were copied
 * before the change, bytes from `possible` on were not. Of those between nobody knows.
 */
struct copy_bounds {
	__u32 certain;
	__u32 possible;
};

/* May transmitted bytes of flight n still be in this host? */
int flight_in_host(__u32 n);

/*
 * How far a reader on this host has come; at_most: may have come. copied_seq moves only
 * when a piece, up to a whole skb, has been copied. While the reader owns its socket, all
 * that was received may be in its buffer already. The owner must be asked for first: a
 * reader that takes the socket later copies the bytes as they are now.
 */
static __always_inline __u32 reader_at(__u64 peer, __u32 seen, int at_most)
{
	int owned = SOCK_READ(peer, sk_lock.owned);
	__u32 read = owned && at_most ? TCP_READ(peer, rcv_nxt) : TCP_READ(peer, copied_seq);

	return seq_after(read, seen) ? read : seen;
}

/*
 * How far the socket may have transmitted. tcp_write_xmit() moves snd_nxt only after the
 * transmission. So while somebody has the socket's lock, the first skb of the write queue
 * may be sent already, or be in a device that has copied it.
 */
static __always_inline __u32 sent_at_most(__u64 sk, __u32 nxt)
{
	__u64 queue = sk + bpf_core_field_offset(struct sock, sk_write_queue), head;
	__u32 end;

	if (!SOCK_READ(sk, sk_lock.owned) && !compat_sock_locked(sk))
		return nxt;
	head = (__u64)SOCK_READ(sk, sk_write_queue.next);
	if (!head || head == queue)
		return nxt;
	end = SKB_CB_READ(head, end_seq);
	return seq_after(end, nxt) ? end : nxt;
}

/* Fill in *p, all but in_host, which takes a search: see flight_in_host(). */
static __always_inline void progress_of(struct pf_progress *p, const struct pf_flight *f,
					const struct pf_conn *c, int complete)
{
	__u64 peer = c->peer_sk;

	p->in_host = 0;
	p->resends = c->resends;
	p->una = c->una;
	p->nxt = c->nxt;
	if (!(c->flags & PF_CONN_ORPHAN)) {
		p->una = TCP_READ(c->sk, snd_una);
		p->nxt = TCP_READ(c->sk, snd_nxt);
		if (complete)
			p->nxt = sent_at_most(c->sk, p->nxt);
	}
	if (flight_local(f, c))
		p->read = peer ? seq_min(reader_at(peer, c->read, complete), p->nxt) : c->read;
	else if (c->flags & PF_CONN_WIRE)
		p->read = complete ? c->tx_possible : c->tx_certain;
	else
		p->read = p->una;
}

/* How far the bytes of the flight are copied now, for a change that was made before. */
static __always_inline void copy_bounds_now(struct copy_bounds *bounds, const struct pf_flight *f,
				       const struct pf_conn *c)
{
	if (flight_local(f, c)) {
		bounds->certain = c->read;
		bounds->possible = c->peer_sk ? reader_at(c->peer_sk, c->read, 1) : c->read;
	} else if (c->flags & PF_CONN_WIRE) {
		bounds->certain = c->tx_certain;
		bounds->possible = c->tx_possible;
	} else {
		bounds->certain = bounds->possible = f->seq + flight_len(f);
	}
}

#endif

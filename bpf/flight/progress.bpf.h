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

/* How far the bytes in the pipe of a connection may have been copied out of it. */
__u32 piped_at_most(__u32 slot);

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

/* Do bytes of the flight wait in a pipe since its reader has taken them? */
static __always_inline int flight_piped(const struct pf_flight *f, const struct pf_conn *c)
{
	return c->pipe && seq_after(c->piped_end, f->seq);
}

/* How far the reader on this host has come with the bytes of a flight, at least or at most. */
static __always_inline __u32 flight_read(const struct pf_flight *f, const struct pf_conn *c,
					 int at_most)
{
	__u64 peer = c->peer_sk;

	if (flight_piped(f, c))
		return at_most ? piped_at_most(f->conn) : c->read;
	return peer ? reader_at(peer, c->taken, at_most) : c->taken;
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

/* Fill in *p, all but read, and in_host, which takes a search: see flight_in_host(). */
static __always_inline void progress_sent(struct pf_progress *p, const struct pf_conn *c,
					  int complete)
{
	p->in_host = 0;
	p->resends = c->resends;
	p->una = c->una;
	p->nxt = c->nxt;
	if (c->flags & PF_CONN_ORPHAN)
		return;
	p->una = TCP_READ(c->sk, snd_una);
	p->nxt = TCP_READ(c->sk, snd_nxt);
	if (complete)
		p->nxt = sent_at_most(c->sk, p->nxt);
}

static __always_inline void progress_of(struct pf_progress *p, const struct pf_flight *f,
					const struct pf_conn *c, int complete)
{
	progress_sent(p, c, complete);
	if (flight_local(f, c))
		p->read = seq_min(flight_read(f, c, complete), p->nxt);
	else if (c->flags & PF_CONN_WIRE)
		p->read = complete ? c->tx_possible : c->tx_certain;
	else
		p->read = p->una;
}

/*
 * How far bytes that leave this host are copied now, for a change that was made before. Where
 * the device is not looked at, nobody knows.
 */
static __always_inline void copy_bounds_sent(struct copy_bounds *bounds, const struct pf_flight *f,
					     const struct pf_conn *c)
{
	int wire = c->flags & PF_CONN_WIRE;
	__u32 end = f->seq + flight_len(f);

	bounds->certain = wire ? c->tx_certain : end;
	bounds->possible = wire ? c->tx_possible : end;
}

/* The same of any bytes. */
static __always_inline void copy_bounds_now(struct copy_bounds *bounds, const struct pf_flight *f,
					    const struct pf_conn *c)
{
	if (!flight_local(f, c)) {
		copy_bounds_sent(bounds, f, c);
		return;
	}
	bounds->certain = flight_piped(f, c) ? c->read : c->taken;
	bounds->possible = flight_read(f, c, 1);
}

#endif

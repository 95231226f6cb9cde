/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sock.bpf.h - what is read from a socket.
 */
#ifndef PF_SOCK_BPF_H
#define PF_SOCK_BPF_H

#include <bpf/bpf_endian.h>
#include "seq.h"
#include "read.bpf.h"

#define AF_INET6 10
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define TCP_ESTABLISHED_STATE 1
#define TCP_TIME_WAIT_STATE 6	/* this is no struct sock, like those behind TCP_CLOSING */
#define TCP_CLOSE_STATE 7
#define TCP_LISTEN_STATE 10
#define TCP_CLOSING_STATE 11

#define SOCK_READ(sk, field...) KERNEL_READ(sock, sk, field)
#define TCP_READ(sk, field...) KERNEL_READ(tcp_sock, sk, field)

/* TCP_SKB_CB() of an skb that TCP holds. */
#define SKB_CB_READ(skb, field)								\
	KERNEL_READ(tcp_skb_cb, (skb) + bpf_core_field_offset(struct sk_buff, cb), field)

static __always_inline void addr_v4(__u8 *to, __u32 addr)
{
	__builtin_memset(to, 0, 10);
	to[10] = 0xff;
	to[11] = 0xff;
	__builtin_memcpy(to + 12, &addr, 4);
}

/* The tuple of a connection, as this socket sees it. */
static __always_inline void sock_tuple(__u64 sk, struct pf_tuple *t)
{
	__u16 family = SOCK_READ(sk, __sk_common.skc_family);

	__builtin_memset(t, 0, sizeof(*t));
	t->family = family;
	/* skc_num would be 0 in a socket that is closed already. */
	t->lport = bpf_ntohs(KERNEL_READ(inet_sock, sk, inet_sport));
	t->rport = bpf_ntohs(SOCK_READ(sk, __sk_common.skc_dport));
	if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&t->laddr, (struct sock *)sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&t->raddr, (struct sock *)sk, __sk_common.skc_v6_daddr);
		return;
	}
	addr_v4(t->laddr, SOCK_READ(sk, __sk_common.skc_rcv_saddr));
	addr_v4(t->raddr, SOCK_READ(sk, __sk_common.skc_daddr));
}

/*
 * The key of `readers` and `lingering`. The family is left out, since a socket of AF_INET6
 * can talk to one of AF_INET.
 */
static __always_inline void tuple_key(const struct pf_tuple *t, struct pf_tuple *ret_key)
{
	*ret_key = *t;
	ret_key->family = 0;
}

static __always_inline void sock_key(__u64 sk, struct pf_tuple *ret_key)
{
	sock_tuple(sk, ret_key);
	ret_key->family = 0;
}

/* The key of the other end, from the tuple of this end. */
static __always_inline void tuple_peer_key(const struct pf_tuple *t, struct pf_tuple *ret_key)
{
	__builtin_memcpy(ret_key->laddr, t->raddr, 16);
	__builtin_memcpy(ret_key->raddr, t->laddr, 16);
	ret_key->lport = t->rport;
	ret_key->rport = t->lport;
	ret_key->family = 0;
}

/*
 * Where the streams of a connection begin, as this end counts. `out` is one too low after an
 * active open, whose SYN counts as acknowledged.
 */
static __always_inline void sock_streams(__u64 sk, struct pf_streams *ret_key)
{
	ret_key->out = TCP_READ(sk, snd_una) - (__u32)TCP_READ(sk, bytes_acked);
	ret_key->in = TCP_READ(sk, rcv_nxt) - (__u32)TCP_READ(sk, bytes_received);
}

/*
 * Can `to` read what `from` sends? It has received at least what is acknowledged, and at most
 * what was written. (snd_nxt would be too little, since it moves after the transmission.)
 */
static __always_inline int sock_reads(__u64 to, __u64 from)
{
	__u32 una = TCP_READ(from, snd_una), got = TCP_READ(to, rcv_nxt);

	return !seq_after(una, got) && !seq_after(got, TCP_READ(from, write_seq));
}

/*
 * Bytes of the stream before snd_una (RFC 4898, tcpEStatsAppHCThruOctetsAcked).
 * tp->bytes_acked counts the SYN of an active open, bytes_sent - bytes_retrans does not.
 * Where they differ by one, that is the SYN. A FIN would count too: call this before one
 * is sent.
 */
static __always_inline __u64 sock_bytes_acked(__u64 sk)
{
	__u64 acked = TCP_READ(sk, bytes_acked);
	__u64 sent = TCP_READ(sk, bytes_sent) - TCP_READ(sk, bytes_retrans);
	__u32 una = TCP_READ(sk, snd_una);
	__u32 nxt = TCP_READ(sk, snd_nxt);

	return (__u32)(acked - 1) + (nxt - una) == (__u32)sent ? acked - 1 : acked;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * ack.bpf.c - how far a connection has come: acknowledged, read on this host,
 * retransmitted, purged, destroyed.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "conn.bpf.h"

#define IPPROTO_TCP 6
#define SKB_CB(skb) ((struct tcp_skb_cb *)&(skb)->cb[0])

static __always_inline struct pf_conn *conn_sending(__u64 sk, __u32 *ret_slot)
{
	struct pf_sock *s = sock_find(sk);

	*ret_slot = s ? s->sends : 0;
	return conn_at(*ret_slot);
}

/* Before the kernel frees what is acknowledged, so as strict as tcp_ack() is. */
SEC("fentry/tcp_ack")
int BPF_PROG(on_ack, struct sock *sk, const struct sk_buff *skb)
{
	struct pf_conn *c;
	__u32 slot, ack;

	c = conn_sending((__u64)sk, &slot);
	if (!c)
		return 0;
	ack = BPF_CORE_READ(SKB_CB(skb), ack_seq);
	if (!seq_after(ack, c->una) || seq_after(ack, TCP_READ(sk, snd_nxt)))
		return 0;
	c->una = ack;
	conn_drain(c, slot);
	return 0;
}

/* The connection whose data a socket on this host reads. */
static __always_inline struct pf_conn *conn_reading(__u64 sk, __u32 *ret_slot)
{
	struct pf_sock *s = sock_find(sk);
	struct pf_tuple tuple, key;
	struct pf_conn *c;
	__u32 *slot;

	if (s && s->reads) {
		*ret_slot = s->reads;
		return conn_at(s->reads);
	}
	sock_tuple(sk, &tuple);
	tuple_key(&tuple, &key);
	slot = bpf_map_lookup_elem(&peers, &key);
	if (!slot)
		return NULL;
	*ret_slot = *slot;
	c = conn_at(*slot);
	if (c && !sock_reads(sk, *slot))
		c->peer_sk = sk;
	return c;
}

/* tcp_recvmsg() and tcp_read_sock() come here after each piece they copied. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(on_read, struct sock *sk)
{
	struct pf_conn *c;
	__u32 slot = 0, read;

	if (!pf_local_conns)
		return 0;
	c = conn_reading((__u64)sk, &slot);
	if (!c)
		return 0;
	read = TCP_READ(sk, copied_seq);
	if (!seq_after(read, c->read))
		return 0;
	c->read = read;
	conn_drain(c, slot);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_resend, const struct sock *sk, const struct sk_buff *skb)
{
	struct pf_conn *c;
	__u32 slot, seq;

	c = conn_sending((__u64)sk, &slot);
	if (!c)
		return 0;
	count(PF_C_resends, 1);
	__sync_fetch_and_add(&c->resends, 1);
	if (!c->hits)
		return 0;
	seq = BPF_CORE_READ(SKB_CB(skb), seq);
	emit_range(PF_EV_RESEND, c->id, seq, BPF_CORE_READ(SKB_CB(skb), end_seq) - seq, 0);
	return 0;
}

SEC("fentry/tcp_write_queue_purge")
int BPF_PROG(on_purge, struct sock *sk)
{
	struct pf_conn *c;
	__u32 slot;

	c = conn_sending((__u64)sk, &slot);
	if (c)
		conn_orphan(c, slot, (__u64)sk);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, struct sock *sk)
{
	struct pf_conn *c;
	__u32 slot = 0;

	c = conn_sending((__u64)sk, &slot);
	if (c)
		conn_orphan(c, slot, (__u64)sk);
	if (!pf_local_conns)
		return 0;
	c = conn_reading((__u64)sk, &slot);
	if (c)
		conn_reader_gone(c, slot);
	sock_forget((__u64)sk, 0, slot);
	return 0;
}

/* Every established socket, so that a connection between two here is known. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int oldstate, int newstate)
{
	struct pf_tuple tuple, key;
	__u64 addr = (__u64)sk;

	if (newstate != TCP_ESTABLISHED_STATE && newstate != TCP_CLOSE_STATE)
		return 0;
	if (SOCK_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	sock_tuple(addr, &tuple);
	tuple_key(&tuple, &key);
	if (newstate == TCP_CLOSE_STATE)
		bpf_map_delete_elem(&readers, &key);
	else
		bpf_map_update_elem(&readers, &key, &addr, BPF_ANY);
	return 0;
}

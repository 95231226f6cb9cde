// SPDX-License-Identifier: GPL-2.0-only
/* ack.bpf.c - what a peer acknowledges, and what is retransmitted to it. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "report/cut.bpf.h"
#include "life/settle.bpf.h"

/*
 * This runs before the kernel frees what is acknowledged, and before it checks the
 * acknowledgement. So it checks it as strictly as tcp_ack() does.
 */
SEC("fentry/tcp_ack")
int ATOMIC_PROG(on_ack, struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = (const void *)skb->cb;
	struct tcp_sock *tp;
	struct pf_conn *c;
	__u32 slot, ack;

	if (sock_idle(number_of(sk)))
		return 0;
	c = conn_sending((__u64)sk, &slot);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!c || !tp)
		return 0;
	ack = cb->ack_seq;
	if (!seq_after(ack, c->una) || seq_after(ack, tp->snd_nxt))
		return 0;
	if (c->flags & PF_CONN_ASK)
		reader_settle(c, slot);
	c->una_off += ack - c->una;
	c->una = ack;
	conn_drain(slot);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int ATOMIC_PROG(on_resend, const struct sock *sk, const struct sk_buff *skb)
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
	seq = SKB_CB_READ((__u64)skb, seq);
	conn_range(c, slot, PF_EV_RESEND, seq, SKB_CB_READ((__u64)skb, end_seq) - seq, 0, 0);
	return 0;
}

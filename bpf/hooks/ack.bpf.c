// SPDX-License-Identifier: GPL-2.0-only
/*
 * ack.bpf.c - how far a connection has come: acknowledged, read on this host,
 * retransmitted, purged, destroyed.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "content/look.bpf.h"
#include "life/end.bpf.h"
#include "report/record.bpf.h"

/* Before the kernel frees what is acknowledged, so as strict as tcp_ack() is. */
SEC("fentry/tcp_ack")
int BPF_PROG(on_ack, struct sock *sk, const struct sk_buff *skb)
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
	c->una_off += ack - c->una;
	c->una = ack;
	conn_drain(slot);
	return 0;
}

/* The reader has its own copy of what comes before this sequence number. */
static __always_inline void reader_has(struct pf_conn *c, __u32 slot, __u32 read)
{
	if (!seq_after(read, c->read))
		return;
	if (content_on())
		content_copying(slot, c->read, read, LOOK_COPIED, 0);
	c->read = read;
	conn_drain(slot);
}

/* tcp_recvmsg() and tcp_read_sock() come here after each piece they copied. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(on_read, struct sock *sk)
{
	struct tcp_sock *tp;
	struct pf_conn *c;
	__u32 slot = 0;

	if (!pf_local_conns || sock_idle(number_of(sk)))
		return 0;
	c = conn_reading((__u64)sk, &slot);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!c || !tp || c->peer_sk != number_of(sk))
		return 0;
	reader_has(c, slot, tp->copied_seq);
	return 0;
}

/*
 * Where memory is short, tcp_collapse() copies the queue of a reader here, and
 * gives back each of its skbs, this one, once it is copied. Its bytes are taken
 * then, as if they had been read; but only in order can it be noted.
 */
SEC("fentry/tcp_collapse_one")
int BPF_PROG(on_collapse, struct sock *sk, struct sk_buff *skb)
{
	struct pf_conn *c;
	__u32 slot = 0;

	if (!pf_local_conns || sock_idle(number_of(sk)))
		return 0;
	c = conn_reading(number_of(sk), &slot);
	if (!c || c->peer_sk != number_of(sk))
		return 0;
	if (seq_after(SKB_CB_READ(number_of(skb), seq), c->read))
		conn_flag(c, PF_CONN_LOST);
	else
		reader_has(c, slot, SKB_CB_READ(number_of(skb), end_seq));
	return 0;
}

/*
 * In front of that, for what no hook saw change: behind it nobody would know
 * whether the copy was made before. Its caller is inlined, and asks the same.
 */
SEC("fentry/tcp_try_rmem_schedule")
int BPF_PROG(on_prune, struct sock *sk)
{
	struct pf_conn *c;
	__u32 slot = 0;

	if (!content_on() || !pf_local_conns || sock_idle(number_of(sk)))
		return 0;
	if (sk->sk_backlog.rmem_alloc.counter <= sk->sk_rcvbuf)
		return 0;
	c = conn_reading(number_of(sk), &slot);
	if (c && c->peer_sk == number_of(sk))
		content_copying(slot, c->read, TCP_READ(number_of(sk), rcv_nxt), LOOK_COPY, 0);
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
	seq = SKB_CB_READ((__u64)skb, seq);
	emit_range(PF_EV_RESEND, c->id, seq, SKB_CB_READ((__u64)skb, end_seq) - seq, 0, 0);
	return 0;
}

static __always_inline void reader_add(__u64 sk)
{
	struct pf_tuple key;

	sock_key(sk, &key);
	if (bpf_map_update_elem(&readers, &key, &sk, BPF_ANY))
		count(PF_C_readers_full, 1);
}

/* Unless another socket has the tuple by now. Not inlined: see conn_new(). */
static __noinline int reader_remove(__u64 sk)
{
	struct pf_tuple key;
	__u64 *found;

	sock_key(sk, &key);
	found = bpf_map_lookup_elem(&readers, &key);
	if (found && *found == sk)
		bpf_map_delete_elem(&readers, &key);
	return 0;
}

SEC("fentry/tcp_write_queue_purge")
int BPF_PROG(on_purge, struct sock *sk)
{
	__u64 number = number_of(sk);
	struct pf_conn *c;
	__u32 slot;

	c = conn_sending(number, &slot);
	if (c)
		conn_orphan(c, slot, number);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, struct sock *sk)
{
	__u64 number = number_of(sk);
	struct pf_conn *c;
	__u32 slot = 0;

	c = conn_sending(number, &slot);
	if (c)
		conn_orphan(c, slot, number);
	reader_remove(number);
	c = conn_reading(number, &slot);
	if (!c)
		return 0;
	sock_forget(number, 0, slot);
	conn_reader_gone(c, slot, number);
	return 0;
}

/* Every established socket, so that a connection between two here is known. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int oldstate, int newstate)
{
	if (newstate != TCP_ESTABLISHED_STATE && newstate != TCP_CLOSE_STATE)
		return 0;
	if (SOCK_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	if (newstate == TCP_CLOSE_STATE)
		reader_remove((__u64)sk);
	else
		reader_add((__u64)sk);
	return 0;
}

/* Those that were established before us: every open file that is a TCP socket. */
SEC("iter/task_file")
int on_open_file(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct socket *sock = file ? bpf_sock_from_file(file) : NULL;
	__u64 sk = sock ? (__u64)BPF_CORE_READ(sock, sk) : 0;
	__u8 state;

	if (!sk || SOCK_READ(sk, sk_protocol) != IPPROTO_TCP || SOCK_READ(sk, sk_type) != SOCK_STREAM)
		return 0;
	state = SOCK_READ(sk, __sk_common.skc_state);
	if (state != TCP_CLOSE_STATE && state != TCP_LISTEN_STATE)
		reader_add(sk);
	return 0;
}

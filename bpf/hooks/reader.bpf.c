// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.bpf.c - readers on this host: which sockets can be one, what they copy out of
 * their queue, and what the kernel copies in it.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "base/mode.bpf.h"
#include "life/established.bpf.h"
#include "life/reader.bpf.h"

/* tcp_recvmsg() and tcp_read_sock() come here after each piece that they have copied. */
SEC("tp_btf/tcp_rcv_space_adjust")
int ATOMIC_PROG(on_read, struct sock *sk)
{
	struct tcp_sock *tp;
	struct pf_conn *c;
	__u32 slot = 0;

	c = reader_conn(number_of(sk), &slot);
	if (!c)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	reader_has(c, slot, tp->copied_seq);
	return 0;
}

/*
 * When memory is short, tcp_collapse() copies the queue of a reader, and frees each skb of
 * it by this function when the skb is copied. For our purpose its bytes are read then. But
 * it may leave out what the queue begins with, and it also copies what came out of order:
 * such bytes are noted apart.
 */
SEC("fentry/tcp_collapse_one")
int ATOMIC_PROG(on_collapse, struct sock *sk, struct sk_buff *skb)
{
	struct pf_conn *c;
	__u32 slot = 0, seq, end;

	c = reader_conn(number_of(sk), &slot);
	if (!c)
		return 0;
	seq = SKB_CB_READ(number_of(skb), seq);
	end = SKB_CB_READ(number_of(skb), end_seq);
	if (seq_after(seq, c->taken))
		conn_collapsed(c, seq, end);
	else
		reader_has(c, slot, end);
	return 0;
}

/*
 * This looks at the queue before tcp_collapse() copies it. Later nobody could tell whether
 * an unseen change came before the copy. The kernel collapses under the same condition, in
 * a caller that is inlined. In a long queue each packet looks at a part; what was not looked
 * at lately is looked at by on_collapse(), and then an answer says less.
 */
SEC("fentry/tcp_try_rmem_schedule")
int ATOMIC_PROG(on_prune, struct sock *sk)
{
	struct pf_conn *c;
	__u32 slot = 0;

	if (!content_on() || !pf_fp_conns || sk->sk_backlog.rmem_alloc.counter <= sk->sk_rcvbuf)
		return 0;
	c = reader_conn(number_of(sk), &slot);
	if (c && conn_has_fp(c, c->taken))
		look_at_queue(slot, TCP_READ(number_of(sk), rcv_nxt));
	return 0;
}

/* Keep `readers` and `streams`, so that a reader on this host is found. */
SEC("tp_btf/inet_sock_set_state")
int ATOMIC_PROG(on_state, const struct sock *sk, int oldstate, int newstate)
{
	if (newstate != TCP_ESTABLISHED_STATE && newstate != TCP_CLOSE_STATE)
		return 0;
	if (SOCK_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	if (newstate == TCP_CLOSE_STATE)
		reader_remove((__u64)sk);
	else
		reader_add((__u64)sk);
	if (newstate == TCP_ESTABLISHED_STATE && pf_seeking)
		reader_arrived(number_of(sk));
	return 0;
}

/* Enter the sockets that were established before us: every open file that is one. */
SEC("iter/task_file")
int on_open_file(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct socket *sock = file ? bpf_sock_from_file(file) : NULL;
	__u64 sk = sock ? (__u64)BPF_CORE_READ(sock, sk) : 0;
	__u8 state;

	if (!sk || SOCK_READ(sk, sk_protocol) != IPPROTO_TCP ||
	    SOCK_READ(sk, sk_type) != SOCK_STREAM)
		return 0;
	state = SOCK_READ(sk, __sk_common.skc_state);
	if (state != TCP_CLOSE_STATE && state != TCP_LISTEN_STATE)
		reader_add(sk);
	return 0;
}

/*
 * And those of a network namespace that no file shows: sockets of the kernel, and sockets
 * that nobody has accepted yet. User space makes this in each namespace.
 */
SEC("iter/tcp")
int on_open_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	if (sk && sk->skc_state != TCP_CLOSE_STATE && sk->skc_state <= TCP_CLOSING_STATE &&
	    sk->skc_state != TCP_LISTEN_STATE && sk->skc_state != TCP_TIME_WAIT_STATE)
		reader_add(number_of(sk));
	return 0;
}

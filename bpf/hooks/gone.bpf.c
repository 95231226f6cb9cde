// SPDX-License-Identifier: GPL-2.0-only
/*
 * gone.bpf.c - a socket gives up its queue, a socket is destroyed, the last packets of a
 * socket leave this host.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "life/established.bpf.h"
#include "life/orphan.bpf.h"

SEC("fentry/tcp_write_queue_purge")
int ATOMIC_PROG(on_purge, struct sock *sk)
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
int ATOMIC_PROG(on_destroy, struct sock *sk)
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

#define LINGER_NS 5000000000ULL	/* a page that is mapped looks referenced for ever */

/* User space runs this from time to time while there are lingering connections. */
SEC("iter/bpf_map_elem")
int on_lingering(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *slot = ctx->value;
	struct pf_conn *c;

	if (!slot)
		return 0;
	c = conn_at(*slot);
	if (!c)
		return 0;
	conn_sweep(*slot, pf_linger_no_more || bpf_ktime_get_ns() - c->orphaned > LINGER_NS ?
			  SWEEP_ALL : SWEEP_BY_PAGE);
	conn_drain(*slot);
	return 0;
}

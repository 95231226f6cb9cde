// SPDX-License-Identifier: GPL-2.0-only
/* watch.bpf.c - see watch.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "conn.bpf.h"
#include "progress.bpf.h"
#include "waiting.bpf.h"
#include "watch.bpf.h"

static __always_inline void watch_count(const struct pf_conn *c, __u32 why, __u32 change)
{
	__sync_fetch_and_add(why == WATCH_FP ? &pf_fp_conns : &pf_xmit_conns, change);
	sock_counted(c->sk, change * WATCH_COUNT);
}

/*
 * How far the device has come is not noted of a connection that is not watched. What the
 * socket may have transmitted by now counts as copied, perhaps.
 */
__noinline int conn_watch(__u32 slot, __u32 why)
{
	struct pf_conn *c = conn_at(slot);
	__u32 before;

	if (!c)
		return 0;
	before = __sync_fetch_and_or(&c->watch, why);
	if (before & why)
		return 0;
	watch_count(c, why, 1);
	if (!before && !(c->flags & PF_CONN_ORPHAN))
		c->tx_possible = seq_max(c->tx_possible,
					 sent_at_most(c->sk, TCP_READ(c->sk, snd_nxt)));
	return 0;
}

__noinline int conn_unwatch(__u32 slot, __u32 why)
{
	struct pf_conn *c = conn_at(slot);

	if (c && __sync_fetch_and_and(&c->watch, ~why) & why)
		watch_count(c, why, -1);
	return 0;
}

/* Who takes a fingerprint moves fp_end first, and then watches. Here it is the other way round. */
__noinline int conn_unwatch_fp(__u32 slot, __u32 released)
{
	struct pf_conn *c = conn_at(slot);

	if (!c || conn_has_fp(c, released))
		return 0;
	conn_unwatch(slot, WATCH_FP);
	if (conn_has_fp(c, released))
		conn_watch(slot, WATCH_FP);
	return 0;
}

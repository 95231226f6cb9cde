/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * established.bpf.h - the established sockets of this host: any can be the other end of a
 * connection that is followed.
 */
#ifndef PF_ESTABLISHED_BPF_H
#define PF_ESTABLISHED_BPF_H

#include "base/count.bpf.h"
#include "flight/conn.bpf.h"

static __always_inline void reader_add(__u64 sk)
{
	struct pf_streams begin;
	struct pf_tuple key;

	sock_key(sk, &key);
	sock_streams(sk, &begin);
	if (bpf_map_update_elem(&readers, &key, &sk, BPF_ANY) |
	    bpf_map_update_elem(&streams, &begin, &sk, BPF_ANY))
		count(PF_C_readers_full, 1);
}

/* Another socket may have the tuple by now. This is not inlined: see conn_new(). */
static __noinline int reader_remove(__u64 sk)
{
	struct pf_streams begin;
	struct pf_tuple key;
	__u64 *found;

	sock_key(sk, &key);
	found = bpf_map_lookup_elem(&readers, &key);
	if (found && *found == sk)
		bpf_map_delete_elem(&readers, &key);
	sock_streams(sk, &begin);
	found = bpf_map_lookup_elem(&streams, &begin);
	if (found && *found == sk)
		bpf_map_delete_elem(&streams, &begin);
	return 0;
}

/*
 * A socket is established now. Is it the reader of a connection that was followed before?
 * The first page can be sent before the other end has a socket: while the last packet of
 * the handshake is under way, or is not taken before there are data (TCP_DEFER_ACCEPT).
 */
static __always_inline void reader_arrived(__u64 sk)
{
	__u64 sender = sock_other_end(sk);
	__u32 slot;

	if (sender && conn_sending(sender, &slot))
		conn_seek(slot, 0);
}

#endif

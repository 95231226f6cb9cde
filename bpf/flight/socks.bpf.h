/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * socks.bpf.h - which connection a socket sends on, and which it reads from.
 */
#ifndef PF_SOCKS_BPF_H
#define PF_SOCKS_BPF_H

#include "base/hash.bpf.h"
#include "base/maps.bpf.h"

static __always_inline struct pf_sock *sock_find(__u64 sk)
{
	return bpf_map_lookup_elem(&socks, &sk);
}

static __always_inline __u32 *sock_count(__u64 sk)
{
	__u32 h = hash_address(sk, PF_SOCKS_BITS);

	return bpf_map_lookup_elem(&sock_counts, &h);
}

/* Is nothing known of a socket? That is so for nearly every ACK and read. */
static __always_inline int sock_idle(__u64 sk)
{
	__u32 *n = sock_count(sk);

	return !n || !*n;
}

/* Count an entry of `socks` that comes or goes. */
static __always_inline void sock_counted(__u64 sk, __u32 change)
{
	__u32 *n = sock_count(sk);

	if (n)
		__sync_fetch_and_add(n, change);
}

/* Take these roles from a socket. Its entry goes with the last one. */
static __always_inline void sock_forget(__u64 sk, __u32 sends, __u32 reads)
{
	struct pf_sock *s = sock_find(sk);

	if (!s)
		return;
	if (s->sends == sends)
		s->sends = 0;
	if (s->reads == reads)
		s->reads = 0;
	if (!s->sends && !s->reads && !bpf_map_delete_elem(&socks, &sk))
		sock_counted(sk, -1);
}

/* Give a socket one role or both; 0 leaves a role as it is. */
static __always_inline int sock_remember(__u64 sk, __u32 sends, __u32 reads)
{
	struct pf_sock fresh = { .sends = sends, .reads = reads }, *s = sock_find(sk);

	if (!s) {
		sock_counted(sk, 1);	/* first, since who finds 0 does not look up the entry */
		if (!bpf_map_update_elem(&socks, &sk, &fresh, BPF_NOEXIST))
			return 0;
		sock_counted(sk, -1);
		s = sock_find(sk);	/* the other end was faster, or there is no room */
		if (!s)
			return -1;
	}
	if (sends)
		s->sends = sends;
	if (reads)
		s->reads = reads;
	return 0;
}

#endif

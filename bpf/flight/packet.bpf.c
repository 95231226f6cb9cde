// SPDX-License-Identifier: GPL-2.0-only
/* packet.bpf.c - see packet.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/sock.bpf.h"
#include "packet.bpf.h"
#include "socks.bpf.h"

struct ports {
	__be16 source, dest;
};

/* The tuple of a packet, as its sender sees it, as a key of `readers`; 0 if it is not TCP. */
static __always_inline int packet_key(__u64 ip, __u64 tcp, struct pf_tuple *key)
{
	struct ports ports = {};
	__u8 first = 0;

	__builtin_memset(key, 0, sizeof(*key));
	bpf_probe_read_kernel(&first, 1, (void *)ip);
	bpf_probe_read_kernel(&ports, sizeof(ports), (void *)tcp);
	key->lport = bpf_ntohs(ports.source);
	key->rport = bpf_ntohs(ports.dest);
	if (first >> 4 == 4) {
		if (KERNEL_READ(iphdr, ip, protocol) != IPPROTO_TCP)
			return 0;
		addr_v4(key->laddr, KERNEL_READ(iphdr, ip, saddr));
		addr_v4(key->raddr, KERNEL_READ(iphdr, ip, daddr));
		return 1;
	}
	if (first >> 4 != 6 || KERNEL_READ(ipv6hdr, ip, nexthdr) != IPPROTO_TCP)
		return 0;
	bpf_probe_read_kernel(key->laddr, 16, (void *)ip + offsetof(struct ipv6hdr, saddr));
	bpf_probe_read_kernel(key->raddr, 16, (void *)ip + offsetof(struct ipv6hdr, daddr));
	return 1;
}

/*
 * The connection that a packet belongs to; 0 if that is not followed. A clone on its way
 * down still has its socket. A segment has none, nor has a packet in the ring of a tun.
 */
static __always_inline __u32 packet_conn(__u64 skb, __u64 ip, __u64 tcp)
{
	__u64 sk = (__u64)KERNEL_READ(sk_buff, skb, sk), *found;
	struct pf_tuple key;
	struct pf_sock *s;
	__u32 *slot;

	s = sk ? sock_find(sk) : NULL;
	if (s)
		return s->sends;
	if ((sk && !pf_lingering_conns) || !packet_key(ip, tcp, &key))
		return 0;
	slot = pf_lingering_conns ? bpf_map_lookup_elem(&lingering, &key) : NULL;
	if (slot)
		return *slot;
	found = sk ? NULL : bpf_map_lookup_elem(&readers, &key);
	s = found ? sock_find(*found) : NULL;
	return s ? s->sends : 0;
}

#define TCP_DOFF_AT 12		/* RFC 9293 3.1: data offset, the high four bits */

__noinline int packet_parse(__u64 skb, struct packet *p)
{
	__u64 head = (__u64)KERNEL_READ(sk_buff, skb, head);
	__u64 data = (__u64)KERNEL_READ(sk_buff, skb, data);
	__u64 ip = head + KERNEL_READ(sk_buff, skb, network_header);
	__u64 tcp = head + KERNEL_READ(sk_buff, skb, transport_header);
	__u64 info = head + KERNEL_READ(sk_buff, skb, end);
	__u32 headers;
	__u8 doff = 0;

	if (!p)
		return 0;
	p->slot = packet_conn(skb, ip, tcp);
	if (!p->slot)
		return 0;
	bpf_probe_read_kernel(&doff, 1, (void *)tcp + TCP_DOFF_AT);
	headers = tcp - data + (doff >> 4) * 4;
	p->seq = bpf_ntohl(KERNEL_READ(tcphdr, tcp, seq));
	p->end = p->seq + KERNEL_READ(sk_buff, skb, len) - headers;
	p->frags = KERNEL_READ(skb_shared_info, info, nr_frags);
	p->payload = data + headers;
	return seq_after(p->end, p->seq);
}

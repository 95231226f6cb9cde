// SPDX-License-Identifier: GPL-2.0-only
/*
 * xmit.bpf.c - a device is given a packet.
 *
 * What a card does is not seen. It may read the page at any time from here on. A tun copies
 * pages when its reader takes the packet, and buffers of MSG_ZEROCOPY at once. For a device
 * without scatter-gather the stack has copied the bytes already.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "base/mode.bpf.h"
#include "kernel/device.bpf.h"
#include "flight/packet.bpf.h"
#include "flight/socks.bpf.h"
#include "content/look.bpf.h"

SEC("tp_btf/net_dev_start_xmit")
int ATOMIC_PROG(on_xmit, const struct sk_buff *skb, const struct net_device *dev)
{
	struct packet p = {};
	__u32 what = LOOK_XMIT;
	__u64 sk;

	if (!content_wire() || !pf_conns_now)
		return 0;
	sk = number_of(skb->sk);
	if ((sk && !pf_lingering_conns && sock_idle(sk)) || !packet_parse(number_of(skb), &p))
		return 0;
	if (p.frags && (dev_by_reference(dev) || dev_copies_late(dev) ||
			BPF_CORE_READ(dev, flags) & IFF_LOOPBACK))
		what = LOOK_XMIT_BUFFERS;
	look_at_range(p.slot, p.seq, p.end, what, p.frags ? 0 : p.payload);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* copy.bpf.c - a packet's bytes are copied: by a reader to user space, or by the kernel. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/atomic.bpf.h"
#include "life/copy.bpf.h"

SEC("tp_btf/skb_copy_datagram_iovec")
int ATOMIC_PROG(on_copy, const struct sk_buff *skb, int len)
{
	return copy_look(skb, len, 0);
}

SEC("tp_btf/skb_copy_datagram_iovec")
int ATOMIC_PROG(on_copy_2, const struct sk_buff *skb, int len)
{
	return copy_look(skb, len, 1);
}

SEC("fexit/skb_copy_ubufs")
int ATOMIC_PROG(on_buffers, struct sk_buff *skb, gfp_t gfp, int ret)
{
	return ret ? 0 : buffers_look(skb);
}

SEC("tp_btf/consume_skb")
int ATOMIC_PROG(on_consume, struct sk_buff *skb)
{
	return consume_look(skb);
}

SEC("tp_btf/consume_skb")
int ATOMIC_PROG(on_consume_2, struct sk_buff *skb)
{
	return consume_look(skb);
}

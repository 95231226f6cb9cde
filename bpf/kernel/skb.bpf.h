/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skb.bpf.h - the pages of an skb.
 */
#ifndef PF_SKB_BPF_H
#define PF_SKB_BPF_H

#include "sock.bpf.h"

#define SKB_FRAGS 17		/* MAX_SKB_FRAGS, unless the kernel was configured otherwise */

static __always_inline __u64 skb_info(__u64 skb)
{
	return (__u64)KERNEL_READ(sk_buff, skb, head) + KERNEL_READ(sk_buff, skb, end);
}

static __always_inline __u64 skb_frag_list(__u64 skb)
{
	return (__u64)KERNEL_READ(skb_shared_info, skb_info(skb), frag_list);
}

/*
 * Does an skb reference this page? Up to 6.8 skb_frag_t is a bio_vec; since then it has the
 * same fields at the same offsets.
 */
static __noinline __attribute__((unused)) int skb_has_page(__u64 skb, __u64 page)
{
	__u64 info = skb_info(skb), at, first, last;
	__u32 n = KERNEL_READ(skb_shared_info, info, nr_frags);
	struct bio_vec frag;

	at = info + bpf_core_field_offset(struct skb_shared_info, frags);
	for (__u32 i = 0; i < SKB_FRAGS && i < n; i++, at += sizeof(frag)) {
		if (bpf_probe_read_kernel(&frag, sizeof(frag), (void *)at) || !frag.bv_len)
			return 0;
		first = (__u64)frag.bv_page +
			(__u64)(frag.bv_offset >> cfg.page_shift) * cfg.struct_page_size;
		last = (__u64)frag.bv_page +
		       (__u64)((frag.bv_offset + frag.bv_len - 1) >> cfg.page_shift) *
		       cfg.struct_page_size;
		if (page >= first && page <= last)
			return 1;
	}
	return 0;
}

#endif

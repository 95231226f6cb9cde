/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fingerprint.bpf.h - the fingerprint of a page piece, see include/fingerprint.h.
 */
#ifndef PF_FINGERPRINT_BPF_H
#define PF_FINGERPRINT_BPF_H

#include "flight/index.bpf.h"
#include "flight/waiting.bpf.h"

/* The fingerprint of len bytes of kernel memory; 0 if they cannot be read. */
__u64 content_fp(__u64 addr, __u32 len);

/* The fingerprint of a flight as it is now; 0 if it cannot be read. */
static __always_inline __u64 flight_fp(const struct pf_flight *f)
{
	__u64 fp = content_fp(page_addr(f->page) + f->off, flight_len(f));

	return fp_waits(fp) ? fp ^ 1ULL << 63 : fp;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * original.bpf.h - the bytes of flights before they were overwritten.
 */
#ifndef PF_ORIG_BPF_H
#define PF_ORIG_BPF_H

#include "base/maps.bpf.h"

/*
 * Keep the bytes of a flight that is about to be overwritten, while there is
 * room, so that what writes leave of them can be compared with what the socket
 * took. orig_diff: from the first (high half) to behind the last (low half) of
 * the bytes [from, to) of it that differ, equal if none does.
 */
#define ORIG_UNKNOWN (~0ULL)

int orig_keep(__u32 n);
__u64 orig_diff(__u32 n, __u32 from, __u32 to);
int orig_drop(__u32 n);

#endif

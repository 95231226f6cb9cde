/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * original.bpf.h - the bytes of flights before they were overwritten, so that what
 * writes leave of them can be compared with what the socket took.
 */
#ifndef PF_ORIGINAL_BPF_H
#define PF_ORIGINAL_BPF_H

#include "base/maps.bpf.h"

/*
 * Keep the bytes of a flight that is about to be overwritten, while there is room, and its
 * user has less than a quarter of that.
 */
int orig_keep(__u32 n, __u32 owner);

/*
 * Narrow a range of a flight's bytes to those that differ now, from the first to behind
 * the last; to nothing if none does. Returns 1, or 0 if that is not known.
 */
int orig_diff(__u32 n, struct byte_range *range);

int orig_drop(__u32 n);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * due.bpf.h - taking the fingerprints that wait (flight/waiting.bpf.h), in front of whatever
 * may change the bytes.
 */
#ifndef PF_DUE_BPF_H
#define PF_DUE_BPF_H

#include "flight/index.bpf.h"
#include "flight/waiting.bpf.h"

/* Take the fingerprint of flight n if it waits. Returns 1 if it has waited. */
int fp_due(__u32 n);

/*
 * Let the fingerprint of flight n be this one, if it waits. The caller has just seen its bytes
 * have that, or they may change now without being looked at: 0. Returns 1 if it is this one.
 */
int fp_give(__u32 n, __u64 fp);

/* The same as fp_due() for all flights of pages [from, to) of a file. */
int file_due(__u64 mapping, __u64 from, __u64 to);

/* The same for all flights of a file; this visits the whole pool. */
int file_due_all(__u64 mapping);

#endif

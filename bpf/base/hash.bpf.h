/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.bpf.h - hashes of kernel addresses.
 */
#ifndef PF_HASH_BPF_H
#define PF_HASH_BPF_H

#define HASH_ADDRESS(addr) (((addr) >> 6) * 0x9e3779b97f4a7c15ULL)	/* objects of 64 bytes */

/* A hash of a given number of bits. */
static __always_inline __u32 hash_address(__u64 addr, int bits)
{
	return HASH_ADDRESS(addr) >> (64 - bits);
}

#endif

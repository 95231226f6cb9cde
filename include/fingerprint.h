/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * fingerprint.h - the fingerprint of a page piece: 64 bits that depend on every byte of it.
 * BPF programs and user space share this code; user space checks the kernel side by it.
 *
 * Each word goes through a step that is a bijection of the word and of the state before it.
 * So a change of one word alone is never missed, and two pieces that differ otherwise
 * collide once in 2^64, if their data was not made to collide. The byte swap carries the
 * high bits of a product back to the low ones; without it two flipped sign bits would
 * cancel. Four lanes let a processor work on four words at once.
 */
#ifndef PAGEFLIGHT_FINGERPRINT_H
#define PAGEFLIGHT_FINGERPRINT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define PF_FP_BLOCK 128	/* bytes; the last block is padded with zeros */
#define PF_FP_MUL 0x9fb21c651e98df25ULL

struct pf_fp {
	__u64 lane[4];
};

static inline __attribute__((always_inline)) __u64 pf_fp_step(__u64 acc, __u64 word)
{
	return __builtin_bswap64(acc ^ word) * PF_FP_MUL;
}

static inline __attribute__((always_inline)) void pf_fp_begin(struct pf_fp *p)
{
	p->lane[0] = 0x243f6a8885a308d3ULL;	/* digits of pi */
	p->lane[1] = 0x13198a2e03707344ULL;
	p->lane[2] = 0xa4093822299f31d0ULL;
	p->lane[3] = 0x082efa98ec4e6c89ULL;
}

/* One block of PF_FP_BLOCK bytes. */
static inline __attribute__((always_inline)) void pf_fp_block(struct pf_fp *p,
								  const __u64 *words)
{
	__u64 a = p->lane[0], b = p->lane[1], c = p->lane[2], d = p->lane[3];

#pragma GCC unroll 4
	for (int i = 0; i < PF_FP_BLOCK / 8; i += 4) {
		a = pf_fp_step(a, words[i]);
		b = pf_fp_step(b, words[i + 1]);
		c = pf_fp_step(c, words[i + 2]);
		d = pf_fp_step(d, words[i + 3]);
	}
	p->lane[0] = a;
	p->lane[1] = b;
	p->lane[2] = c;
	p->lane[3] = d;
}

/* The fingerprint of len bytes. It is never 0, which means that there is none. */
static inline __attribute__((always_inline)) __u64 pf_fp_end(const struct pf_fp *p, __u32 len)
{
	__u64 sum = pf_fp_step(len, p->lane[0]);

	for (int i = 1; i < 4; i++)
		sum = pf_fp_step(sum, p->lane[i]);
	return sum ?: 1;
}

#endif

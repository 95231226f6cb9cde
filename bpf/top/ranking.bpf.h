/* SPDX-License-Identifier: GPL-2.0-only */
/* ranking.bpf.h - the rows that are kept, because nothing worse was met. */
#ifndef PF_TOP_RANKING_BPF_H
#define PF_TOP_RANKING_BPF_H

#include "maps.bpf.h"

/* The keys of rows, and which of them is the least once there are enough. */
struct ranking {
	__u64 key[PF_TOP_ROWS];
	__u32 n;
	__u32 least;
	__u32 frame;
	__u32 pad;
};

static __always_inline void ranking_begin(struct ranking *r)
{
	if (r->frame == pf_ask.frame)
		return;
	r->frame = pf_ask.frame;
	r->n = 0;
}

/* The row for something with this key; -1 if there are enough that are worse. */
static __noinline int ranking_place(struct ranking *r, __u64 key)
{
	__u32 at = r->n, least = pf_zero;

	if (at >= PF_TOP_ROWS) {
		at = r->least & (PF_TOP_ROWS - 1);
		if (key <= r->key[at])
			return -1;
	} else {
		r->n = at + 1;
	}
	at &= PF_TOP_ROWS - 1;
	r->key[at] = key;
	if (r->n < PF_TOP_ROWS)
		return at;
	for (__u32 i = 1; i < PF_TOP_ROWS; i++)
		if (r->key[i] < r->key[least & (PF_TOP_ROWS - 1)])
			least = i + pf_zero;
	r->least = least;
	return at;
}

#endif

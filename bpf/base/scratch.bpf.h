/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scratch.bpf.h - room for the bytes of a page. Each processor has a few buffers, since
 * programs interrupt each other, and a kernel that preempts itself may run another one in
 * the middle. A program reserves a buffer, and sets `busy` to 0 when it needs it no more.
 */
#ifndef PF_SCRATCH_BPF_H
#define PF_SCRATCH_BPF_H

#include "maps.bpf.h"

/* Reserve a buffer; NULL if none is free. *ret_slot is its key in `scratch`. */
static __always_inline struct pf_scratch *scratch_reserve(__u32 *ret_slot)
{
	for (__u32 i = 0; i < PF_SCRATCHES; i++) {
		struct pf_scratch *s;

		*ret_slot = i;
		s = bpf_map_lookup_elem(&scratch, ret_slot);
		if (s && !__sync_lock_test_and_set(&s->busy, 1))
			return s;
	}
	return NULL;
}

#endif

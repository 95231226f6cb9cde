/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * direct.bpf.h - plain loads instead of a helper, where the kernel can give a number the
 * type of a pointer (cfg.direct). 6.2 can: a35b9af4ec2c ("bpf: Add a kfunc for generic
 * type cast").
 *
 * Only one file of each object, hooks/attach.bpf.c and now/tcp.bpf.c, may be compiled with
 * this file: libbpf's linker up to 1.1 cannot merge two declarations of a kfunc.
 */
#ifndef PF_DIRECT_BPF_H
#define PF_DIRECT_BPF_H

#include "compat.bpf.h"
#include "page.bpf.h"

/*
 * Loads of typed memory. Code that uses them must be reached only where cfg.direct is set,
 * or be part of a program that older kernels do not load. WORD_AT needs a type that begins
 * with a number of 64 bits; every kernel has struct cpumask.
 */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

#define TYPED(type, addr) \
	((struct type *)bpf_rdonly_cast((void *)(addr), bpf_core_type_id_kernel(struct type)))
#define WORD_AT(addr) (TYPED(cpumask, addr)->bits[0])

/* A field of a kernel struct, without a helper where the kernel allows that. */
#define FIELD(type, addr, field)							\
	(cfg.direct ? (__u64)TYPED(type, addr)->field :					\
		      (__u64)KERNEL_READ(type, addr, field))

/*
 * page_identify(), without a helper where the kernel allows that. A page of hugetlbfs may
 * need more: see page_index().
 */
static __always_inline void page_peek(__u64 page, struct page_id *ret_id)
{
	__u64 word, head = page;

	if (!cfg.direct)
		goto identify;
	word = WORD_AT(page + compat_compound_at());
	if (word & 1)
		head = compat_head(page, word);
	if (cfg.huge_index && page_is_head(WORD_AT(head)))
		goto identify;
	page_identify_by(page, head, WORD_AT(head + bpf_core_field_offset(struct folio, mapping)),
			 WORD_AT(head + bpf_core_field_offset(struct folio, index)), ret_id);
	return;
identify:
	page_identify(page, ret_id);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * direct.bpf.h - plain loads instead of a helper, where the kernel can give a number
 * the type of a pointer (cfg.direct). Part of attach.bpf.c: libbpf's linker up to 1.1
 * cannot merge two declarations of a kfunc, bpf_rdonly_cast().
 */
#ifndef PF_DIRECT_BPF_H
#define PF_DIRECT_BPF_H

#include "compat.bpf.h"
#include "page.bpf.h"

/*
 * Without FIELD a program that uses these is loaded only where cfg.direct is set. A
 * struct cpumask is a type that begins with a number of 64 bits, as every kernel has it.
 */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

#define TYPED(type, addr) \
	((struct type *)bpf_rdonly_cast((void *)(addr), bpf_core_type_id_kernel(struct type)))
#define WORD_AT(addr) (TYPED(cpumask, addr)->bits[0])

/* A field of the kernel's struct, without a helper where that can be. */
#define FIELD(type, addr, field)							\
	(cfg.direct ? (__u64)TYPED(type, addr)->field :					\
		      (__u64)KERNEL_READ(type, addr, field))

/* page_identify(), without a helper where that can be. */
static __always_inline void page_peek(__u64 page, struct page_id *ret_id)
{
	__u64 word, head = page;

	if (!cfg.direct) {
		page_identify(page, ret_id);
		return;
	}
	word = WORD_AT(page + compat_compound_at());
	if (word & 1)
		head = compat_head(page, word);
	page_tell(page, head, WORD_AT(head + bpf_core_field_offset(struct folio, mapping)),
		  WORD_AT(head + bpf_core_field_offset(struct folio, index)), ret_id);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.bpf.h - from a struct page to its file, and to its bytes.
 *
 * Weak point: fields are read without a reference to the page. That is sound while the
 * page is in flight, because the socket has one. A caller that may be later checks that
 * the flight still exists.
 */
#ifndef PF_PAGE_BPF_H
#define PF_PAGE_BPF_H

#include "base/count.bpf.h"
#include "compat.bpf.h"

enum page_kind {
	PAGE_UNKNOWN,		/* zero page, kernel memory, a page that left its file */
	PAGE_USER,		/* anonymous */
	PAGE_FILE,
};

struct page_id {
	__u64 head;		/* struct folio of the page */
	__u64 mapping;		/* struct address_space */
	__u64 index;		/* of this page in the file */
	__u32 kind;
	__u32 pad;
};

/* Address of the bytes of a page. */
static __always_inline __u64 page_addr(__u64 page)
{
	return pf_page_offset + ((page - pf_vmemmap) / cfg.struct_page_size << cfg.page_shift);
}

/* struct page as words of 64 bits, up to and with mapping and index. */
#define PAGE_WORDS 5
#define PAGE_MAPPING (bpf_core_field_offset(struct folio, mapping) / 8)
#define PAGE_INDEX (bpf_core_field_offset(struct folio, index) / 8)
#define PAGE_COMPOUND (compat_compound_at() / 8)

/* A mapping with one of its low bits set is not one of a file. */
static __always_inline __u32 page_kind_of(__u64 mapping)
{
	if (mapping & 3)
		return PAGE_USER;
	return mapping ? PAGE_FILE : PAGE_UNKNOWN;
}

static __always_inline int page_is_head(__u64 flags)
{
	return !!(flags & (1ULL << bpf_core_enum_value(enum pageflags, PG_head)));
}

/*
 * Up to 6.6 the index of a page of hugetlbfs counts huge pages: turn it into pages. This is a
 * global function for the sake of its callers' stacks.
 */
__u64 huge_index(__u64 head, __u64 mapping, __u64 index);

static __always_inline __u64 page_index(__u64 head, __u64 flags, __u64 mapping, __u64 index)
{
	if (!cfg.huge_index || !page_is_head(flags) || page_kind_of(mapping) != PAGE_FILE)
		return index;
	return huge_index(head, mapping, index);
}

/* Identify a page by the head of its folio and two words of that. */
static __always_inline void page_identify_by(__u64 page, __u64 head, __u64 mapping, __u64 index,
					     struct page_id *ret_id)
{
	ret_id->head = head;
	ret_id->mapping = 0;
	ret_id->index = 0;
	ret_id->kind = page_kind_of(mapping);
	if (ret_id->kind != PAGE_FILE)
		return;
	ret_id->mapping = mapping;
	ret_id->index = index + (page - head) / cfg.struct_page_size;
}

static __always_inline void page_identify(__u64 page, struct page_id *ret_id)
{
	__u64 w[PAGE_WORDS], compound, head = page;

	ret_id->head = 0;
	ret_id->mapping = 0;
	ret_id->index = 0;
	ret_id->kind = PAGE_UNKNOWN;
	if (bpf_probe_read_kernel(w, sizeof(w), (void *)page))
		goto failed;
	if (PAGE_COMPOUND >= PAGE_WORDS || PAGE_MAPPING >= PAGE_WORDS || PAGE_INDEX >= PAGE_WORDS)
		goto failed;
	compound = w[PAGE_COMPOUND];
	if (compound & 1) {	/* a tail page: the head has mapping and index */
		head = compat_head(page, compound);
		if (bpf_probe_read_kernel(w, sizeof(w), (void *)head))
			goto failed;
	}
	page_identify_by(page, head, w[PAGE_MAPPING],
			 page_index(head, w[0], w[PAGE_MAPPING], w[PAGE_INDEX]), ret_id);
	return;
failed:
	count(PF_C_read_failed, 1);
}

/*
 * Is the page referenced by anybody but the page cache and this number of skbs? Only "no"
 * is a proof. The answer is "yes" too for a page that is mapped, that is on several
 * sockets, that waits for its LRU list, or whose folio is used elsewhere.
 */
static __always_inline int page_referenced(__u64 page, int skbs)
{
	__u64 flags = 0, pages;
	struct page_id id;
	int refs;

	page_identify(page, &id);
	if (id.kind != PAGE_FILE)
		return 1;
	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)id.head);
	pages = compat_folio_pages(id.head);
	if (flags & (1ULL << bpf_core_enum_value(enum pageflags, PG_private)))
		pages++;	/* buffers have a reference */
	refs = KERNEL_READ(folio, id.head, _refcount.counter);
	return refs > (int)pages + skbs;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.bpf.c - what is asked about one open file, and about this host. User space runs
 * these programs itself (BPF_PROG_TEST_RUN), in a process of its own. They are attached to
 * nothing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "maps.bpf.h"
#include "kernel/page.bpf.h"

/* The page cache that an open file of this process stands for. */
SEC("raw_tp")
int on_open(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **at = BPF_CORE_READ(table, fd), *file = NULL;

	pf_open.mapping = 0;
	if (pf_open.fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), at + pf_open.fd);
	if (file)
		pf_open.mapping = (__u64)BPF_CORE_READ(file, f_mapping);
	return 0;
}

/* The list of all namespaces, from our own one. Its head is in none. */
static struct {
	__u64 at;		/* struct list_head */
	__u64 end;
	__u64 ops;		/* that a network namespace has */
} list __attribute__((used));	/* else its BTF would not follow what the compiler makes of it */

static __always_inline void note_net(__u64 net)
{
	__u32 at = pf_nets.n;
	__u64 *to;

	if ((__u64)KERNEL_READ(net, net, ns.ops) != list.ops || !compat_net_is_alive(net))
		return;
	to = bpf_map_lookup_elem(&now_nets, &at);
	if (!to) {
		pf_nets.cut = 1;
		return;
	}
	*to = KERNEL_READ(net, net, ns.inum);
	pf_nets.n = at + 1;
}

static int on_net(__u32 i, void *ctx)
{
	if (!list.at || list.at == list.end)
		return 1;
	note_net(list.at - bpf_core_field_offset(struct net, list));
	list.at = (__u64)KERNEL_READ(list_head, list.at, next);
	return 0;
}

SEC("raw_tp")
int on_nets(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 net = (__u64)BPF_CORE_READ(task, nsproxy, net_ns);

	pf_nets.n = 0;
	pf_nets.cut = 0;
	list.ops = (__u64)KERNEL_READ(net, net, ns.ops);
	list.end = net + bpf_core_field_offset(struct net, list);
	note_net(net);
	list.at = (__u64)KERNEL_READ(list_head, list.end, next);
	if (bpf_loop(PF_NOW_NETS, on_net, NULL, 0) == PF_NOW_NETS)
		pf_nets.cut = 1;
	return 0;
}

/*
 * The xarray of a page cache: nodes of 64 slots. A slot has a node, a folio, a sibling
 * (another slot of the same node has the folio of both), or a value (the page was
 * reclaimed).
 */
#define XA_SHIFT 6
#define XA_SLOTS (1 << XA_SHIFT)
#define XA_LEVELS 11
#define XA_SMALLEST_NODE 4096
#define REFS_STEPS (1 << 15)	/* folios in one call */

struct xa_slot {
	__u64 entry;
	__u64 next;		/* the first index behind it; 0: there is none */
};

static __always_inline int is_node(__u64 entry)
{
	return (entry & 3) == 2 && entry > XA_SMALLEST_NODE;
}

static __always_inline __u64 slot_at(__u64 node, __u32 i)
{
	__u64 entry = 0;

	bpf_probe_read_kernel(&entry, sizeof(entry),
			      (void *)(node + bpf_core_field_offset(struct xa_node, slots) + i * 8));
	return entry;
}

static __always_inline void slot_find(__u64 index, struct xa_slot *ret)
{
	__u64 entry = (__u64)KERNEL_READ(address_space, pf_refs.mapping, i_pages.xa_head);

	ret->next = index ? 0 : 1;
	for (int level = 0; level < XA_LEVELS && is_node(entry); level++) {
		__u64 node = entry - 2;
		__u32 shift = KERNEL_READ(xa_node, node, shift) & 63;
		__u64 slot = index >> shift;

		if (!level && slot >= XA_SLOTS) {	/* behind all that the tree has */
			entry = 0;
			ret->next = 0;
			break;
		}
		entry = slot_at(node, slot & (XA_SLOTS - 1));
		if ((entry & 3) == 2 && entry < XA_SLOTS << 2)
			entry = slot_at(node, entry >> 2 & (XA_SLOTS - 1));
		ret->next = (slot + 1) << shift;
	}
	ret->entry = entry;
}

/*
 * Has a folio references but those of the page cache, of what the file system keeps with
 * it, and of mappings? The number of mappings is read twice, since references are taken
 * and dropped around it. Only "no" is a proof.
 */
static __always_inline int is_held(__u64 folio, __u64 pages)
{
	int mapped = compat_mapcount(folio, pages), refs, own = pages;
	__u64 flags = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)folio);
	if (flags & 1ULL << bpf_core_enum_value(enum pageflags, PG_private))
		own++;
	refs = KERNEL_READ(folio, folio, _refcount.counter);
	return refs > own + mapped || mapped != compat_mapcount(folio, pages);
}

static int on_ref(__u32 i, void *ctx)
{
	__u64 index = pf_refs.index, pages, first;
	struct xa_slot slot;

	if (index > pf_refs.last)
		goto done;
	slot_find(index, &slot);
	if (slot.entry && !(slot.entry & 3)) {
		pages = compat_folio_pages(slot.entry);
		first = KERNEL_READ(folio, slot.entry, index);
		if (index - first < pages)
			slot.next = first + pages;
		pf_refs.looked++;
		if (is_held(slot.entry, pages) && !pf_refs.held++)
			pf_refs.held_at = index;
		if (pf_refs.held && pf_refs.first)
			goto done;
	}
	if (slot.next <= index)
		goto done;
	pf_refs.index = slot.next;
	return 0;
done:
	pf_refs.done = 1;
	return 1;
}

SEC("raw_tp")
int on_refs(void *ctx)
{
	bpf_loop(REFS_STEPS, on_ref, NULL, 0);
	return 0;
}

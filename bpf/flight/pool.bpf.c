// SPDX-License-Identifier: GPL-2.0-only
/* pool.bpf.c - see index.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "index.bpf.h"

__noinline int flights_reserve(__u32 want, struct chain *ret)
{
	__u32 zero = 0, n = 0, first = 0, last = 0;
	struct pf_free *p = bpf_map_lookup_elem(&free_flights, &zero);
	void *base = pool();

	if (!ret || !p || !base)
		return 0;
	bpf_spin_lock(&p->lock);
	if (p->head) {
		first = last = p->head;
		for (n = 1; n < FLIGHT_BATCH; n++) {
			__u32 next = flight_at(base, last)->next;

			if (n >= want || !next)
				break;
			last = next;
		}
		p->head = flight_at(base, last)->next;
	} else {
		first = p->fresh + 1;
		for (; n < FLIGHT_BATCH; n++) {
			if (n >= want || p->fresh >= cfg.max_flights)
				break;
			last = ++p->fresh;
			flight_at(base, last)->next = last + 1;
		}
	}
	if (n)
		flight_at(base, last)->next = 0;
	p->used += n;
	bpf_spin_unlock(&p->lock);
	ret->first = n ? first : 0;
	ret->last = last;
	ret->n = n;
	return 0;
}

__noinline int flight_there(__u32 n, __u64 folio)
{
	struct pf_flight *f = flight_of(n);
	struct page_id id;

	if (!f)
		return 0;
	page_identify(f->page, &id);
	return id.mapping == f->mapping && id.index == f->index && (!folio || id.head == folio);
}

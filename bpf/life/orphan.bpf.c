// SPDX-License-Identifier: GPL-2.0-only
/* orphan.bpf.c - see conn_sweep() in orphan.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/conn.bpf.h"
#include "flight/progress.bpf.h"
#include "orphan.bpf.h"

#define LINGER_PAGES 4096	/* given up by one call */

struct sweep {
	__u32 slot;
	__u32 at;		/* flight to ask next */
	__u32 how;		/* SWEEP_* */
	__u32 pad;
};

static __always_inline int is_in_host(const struct sweep *s, const struct pf_flight *f)
{
	if (s->how == SWEEP_BY_SOCK)
		return flight_in_host(s->at);
	return s->how == SWEEP_BY_PAGE && page_referenced(f->page, 0);
}

static int on_sweep(__u32 i, struct sweep *s)
{
	struct pf_conn *c = conn_at(s->slot);
	struct pf_flight *f = flight_of(s->at);

	if (!c || !f || !s->at)
		return 1;
	if (f->conn != s->slot || !seq_after(c->nxt, f->seq) || is_in_host(s, f))
		return 1;
	c->given_up = f->seq + flight_len(f);
	s->at = f->next;
	return 0;
}

__noinline __u32 conn_sweep(__u32 slot, __u32 how)
{
	struct sweep s = { .slot = slot, .how = how };
	struct pf_conn *c = conn_at(slot);

	if (!c)
		return 0;
	s.at = c->head;
	bpf_loop(LINGER_PAGES, on_sweep, &s, 0);
	return c->given_up;
}

// SPDX-License-Identifier: GPL-2.0-only
/* toll.bpf.c - see toll.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "toll.bpf.h"

/* What a user has left of the tokens of this group; NULL if too many others came before. */
static __always_inline __s32 *toll_left(struct pf_write *w, __u32 owner)
{
	for (int i = 0; i < PF_TOLLS; i++) {
		struct pf_toll *t = &w->toll[i];

		if (!t->owner) {
			t->owner = owner;
			t->left = w->toll_free;
		}
		if (t->owner == owner)
			return &t->left;
	}
	return NULL;
}

__noinline int toll_pay(struct pf_write *w, __u32 owner, __u32 cost)
{
	__s32 *left;

	if (owner == OWNER_ROOT)
		return 1;
	if (!w)
		return 0;
	left = toll_left(w, owner);
	if (left && *left > 0) {
		*left -= cost;
		return 1;
	}
	return owner_spend(owner, cost, w->began);
}

__noinline int toll_give_up(__u32 n, __u64 seen)
{
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;
	__u32 slot, seq;

	if (!f || !c)
		return 0;
	slot = f->conn;
	seq = f->seq;
	fp_give(n, seen);
	index_give_up(n, slot, seq, c->owner);
	owner_refused(c->owner, PF_C_user_index, 1);
	conn_cut(slot, seq);
	return 0;
}

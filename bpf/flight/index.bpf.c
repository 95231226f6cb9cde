// SPDX-License-Identifier: GPL-2.0-only
/* index.bpf.c - see index_give_up() in index.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "index.bpf.h"

__noinline int index_give_up(__u32 n, __u32 conn, __u32 seq, __u32 owner)
{
	void *base = pool();
	struct pf_bucket *b;
	struct pf_flight *f;
	__u32 at, *users;
	int mine;

	if (!base)
		return 0;
	f = flight_at(base, n);
	at = flight_bucket(f);
	b = bpf_map_lookup_elem(&buckets, &at);
	users = file_count(f->mapping);
	if (!b || !users)
		return 0;
	bpf_spin_lock(&b->lock);
	mine = f->conn == conn && f->seq == seq && f->hprev != PF_UNLINKED &&
	       flight_bucket(f) == at && f->op == f->hit_op;
	if (mine)
		index_unlink(base, b, f);
	bpf_spin_unlock(&b->lock);
	if (!mine)
		return 0;
	share_return(at, owner, 1);
	__sync_fetch_and_add(users, -1);
	return 1;
}

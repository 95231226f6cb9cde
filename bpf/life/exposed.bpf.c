// SPDX-License-Identifier: GPL-2.0-only
/* exposed.bpf.c - see exposed.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "kernel/path.bpf.h"
#include "exposed.bpf.h"

#define EXPOSED_PROBES 8
#define EXPOSED_SHARE (PF_EXPOSED / 2)	/* places that a user has at most */
#define EXPOSED_FLIGHTS 512	/* those of one call; see ITER_PIECES */
#define EXPOSED_READY (1u << 31)	/* what no number of a place is without */

/* Fill in a place that was claimed for the file and the sender of flight n. */
__noinline int exposed_fill(__u32 place, __u32 n, __u64 inode, __u64 ino, __u32 generation)
{
	struct pf_exposed *e = exposed_at(place);
	struct pf_flight *f = flight_of(n);
	__u32 ready;

	if (!f)
		return 0;
	e->pages = e->how = 0;
	e->generation = generation;
	e->pid = f->sender.pid;
	__builtin_memcpy(e->comm, f->comm_text, sizeof(f->comm_text));
	e->comm[PF_COMM_LEN - 1] = '\0';
	e->file.flags = 0;
	inode_number(inode, &e->file.dev, &e->file.ino);
	path_of(&e->file, 0, inode);
	e->file.ino = ino;
	ready = __sync_fetch_and_add(&pf_exposed_fills, 1) << PF_EXPOSED_BITS;
	ready |= PF_EXPOSED_PLACE(place) | EXPOSED_READY;
	__sync_lock_test_and_set(&e->ready, ready);
	return 0;
}

/* Does a place stand for the file and for the name of the sender of a flight? */
static __always_inline int exposed_is(const struct pf_exposed *e, const struct pf_flight *f,
				      __u64 inode, __u64 ino, __u32 generation)
{
	const __u64 *comm = (const __u64 *)f->comm, *other = (const __u64 *)e->comm;

	if (e->inode != inode || !e->ready || e->file.ino != ino || e->generation != generation)
		return 0;
	/* The last byte of a flight's comm is none of its text. */
	return comm[0] == other[0] && !((comm[1] ^ other[1]) << 8);
}

struct exposed_places {
	__u32 owner, has;
};

static int on_exposed_place(__u32 i, struct exposed_places *p)
{
	const struct pf_exposed *e = exposed_at(i);

	if (e->inode && e->owner == p->owner)
		p->has++;
	return 0;
}

/* Has a user other than root his share of the places? This is a global function, too. */
__noinline int exposed_refused(__u32 owner)
{
	struct exposed_places p = { .owner = owner, .has = pf_zero };

	if (owner == OWNER_ROOT)
		return 0;
	bpf_loop(PF_EXPOSED, on_exposed_place, &p, 0);
	return p.has >= EXPOSED_SHARE;
}

/* Claim a place that is free. Returns 1 if it is the caller's. */
static __always_inline int exposed_claim(struct pf_exposed *e, __u64 inode, __u32 owner)
{
	if (e->inode || __sync_val_compare_and_swap(&e->inode, 0, inode))
		return 0;
	e->owner = owner;
	return 1;
}

__noinline int exposed_note(__u32 n, __u32 pages, __u64 inode, __u64 ino, __u64 generation_how)
{
	__u32 first = hash_address(inode, PF_EXPOSED_BITS), generation = generation_how >> 32;
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c;

	count(PF_C_exposed, pages);
	if (!f || !inode)
		return 0;
	c = conn_at(f->conn);
	if (!c)
		return 0;
	c->exposed = EXPOSED_NOWHERE;
	for (__u32 i = 0; i < EXPOSED_PROBES; i++) {
		struct pf_exposed *e = exposed_at(first + i);

		if (!e->inode && exposed_refused(c->owner))
			return 0;	/* nor does it have a place further on */
		if (exposed_claim(e, inode, c->owner))
			exposed_fill(first + i, n, inode, ino, generation);
		if (!exposed_is(e, f, inode, ino, generation))
			continue;
		exposed_add(e, pages, generation_how, f->attached);
		c->exposed = e->ready;
		return 0;
	}
	/* There is no place: the counter has more pages than the table. */
	return 0;
}

static __always_inline void note_flight(__u32 n, __u32 pages, __u64 mapping)
{
	__u32 how = 0;
	__u64 inode;

	if (!mapping)
		return;
	inode = (__u64)KERNEL_READ(address_space, mapping, host);
	if (KERNEL_READ(inode, inode, i_writecount.counter) > 0)
		how |= PF_EXPOSED_OPEN;
	if (KERNEL_READ(address_space, mapping, i_mmap_writable.counter) > 0)
		how |= PF_EXPOSED_MAPPED;
	if (how)
		exposed_note(n, pages, inode, KERNEL_READ(inode, inode, i_ino),
			     (__u64)KERNEL_READ(inode, inode, i_generation) << 32 | how);
}

__noinline int exposed_flight(__u32 n, __u32 pages)
{
	struct pf_flight *f = flight_of(n);

	if (f)
		note_flight(n, pages, f->mapping);
	return 0;
}

struct exposed_walk {
	__u32 at, left;
};

static int on_exposed_flight(__u32 i, struct exposed_walk *w)
{
	struct pf_flight *f = flight_of(w->at);
	__u32 n = w->at;

	if (!f || !n || !w->left)
		return 1;
	w->at = f->next;
	w->left--;
	note_flight(n, 1, f->mapping);
	return 0;
}

__noinline int exposed_each(__u32 first, __u32 pages)
{
	struct exposed_walk w = { .at = first, .left = pages };

	bpf_loop(EXPOSED_FLIGHTS, on_exposed_flight, &w, 0);
	return 0;
}

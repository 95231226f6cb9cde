/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exposed.bpf.h - files that are sent by reference while somebody could change them: one has
 * them open for writing, or can write to them through a mapping. That nothing of them was
 * overwritten in flight is luck then.
 *
 * A connection knows the place of the table that it used last. So what a call of its sender
 * adds to the file of the call before is a few comparisons and an addition.
 *
 * Weak points: the kernel does not count who has opened a block device or a memfd for writing.
 * Who opens a file between two calls of its sender is found by the next call.
 */
#ifndef PF_EXPOSED_BPF_H
#define PF_EXPOSED_BPF_H

#include "exposed.h"
#include "flight/conn.bpf.h"

#define EXPOSED_NOWHERE 1u	/* in place of a number: the table has no room */

/* How may somebody change the file? */
static __always_inline __u32 exposed_how(const struct address_space *m)
{
	__u32 how = 0;

	if (m->host->i_writecount.counter > 0)
		how |= PF_EXPOSED_OPEN;
	if (m->i_mmap_writable.counter > 0)
		how |= PF_EXPOSED_MAPPED;
	return how;
}

static __always_inline struct pf_exposed *exposed_at(__u32 ready)
{
	return &pf_exposed[PF_EXPOSED_PLACE(ready)];
}

static __always_inline void exposed_add(struct pf_exposed *e, __u32 pages, __u32 how, __u64 now)
{
	__sync_fetch_and_add(&e->pages, pages);
	e->how |= how;
	e->last = now;
}

/* Is the place that a connection used last still one of this file? */
static __always_inline int exposed_is_known(const struct pf_exposed *e, __u32 ready,
					    const struct inode *inode)
{
	return ready && e->ready == ready && e->inode == number_of(inode) &&
	       e->file.ino == inode->i_ino && e->generation == inode->i_generation;
}

/* These are global functions, so that the verifier looks at them once. */

/*
 * The socket has taken so many pages of the file of flight n: find a place for them, which its
 * connection knows from then on. `how` is in the low half.
 */
int exposed_note(__u32 n, __u32 pages, __u64 inode, __u64 ino, __u64 generation_how);

/* Ask for the file of flight n, of which so many pages were taken, and note it. */
int exposed_flight(__u32 n, __u32 pages);

/* The same for each of these flights. */
int exposed_each(__u32 first, __u32 pages);

#endif

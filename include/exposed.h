/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * exposed.h - the table of files that sockets took pages of while somebody could change
 * them. The BPF programs fill it in, and user space empties it. The rules are those of wire.h.
 */
#ifndef PAGEFLIGHT_EXPOSED_H
#define PAGEFLIGHT_EXPOSED_H

#include "wire.h"

#define PF_EXPOSED_BITS 8
#define PF_EXPOSED (1 << PF_EXPOSED_BITS)	/* places of the table */

#define PF_EXPOSED_OPEN	  1u	/* somebody has the file open for writing */
#define PF_EXPOSED_MAPPED 2u	/* somebody can write to it through a mapping */

/* The place in the table of which this is the `ready`. */
#define PF_EXPOSED_PLACE(ready) ((ready) & (PF_EXPOSED - 1))

/*
 * A file and the name of who sent it. Two processors may make two places of one at once, so
 * whoever reads the table adds them up. It takes away a place that is ready by clearing first
 * `ready` and then `inode`.
 */
struct pf_exposed {
	__u64 inode;		/* its address; 0: the place is free */
	__u64 ready;		/* not 0: all is filled in; another number each time, see PF_EXPOSED_PLACE */
	__u64 pages;		/* that sockets took while somebody could change them */
	__u64 last;		/* when they took one last */
	__u32 how;		/* PF_EXPOSED_* */
	__u32 generation;	/* of the inode */
	__u32 pid;		/* of the sender that made this place, */
	__u32 owner;		/* and of the user who has its socket, as the programs number users */
	char comm[PF_COMM_LEN];
	struct pf_ev_op file;	/* of which dev, ino, path and flags are filled in */
};
_Static_assert(sizeof(struct pf_exposed) == 64 + sizeof(struct pf_ev_op), "pf_exposed");

#endif

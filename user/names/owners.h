/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* owners - which processes have a socket open, as their descriptors tell. */
#ifndef PAGEFLIGHT_OWNERS_H
#define PAGEFLIGHT_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include "wire.h"

struct owner {
	__u64 ino;		/* of the socket */
	__u32 pid;
	char comm[PF_COMM_LEN];
};

struct owners {
	struct owner *at;	/* by socket, then by process */
	size_t n;
	bool cut;		/* there may be more: the look took too long */
	bool hidden;		/* some processes did not let us look */
};

/* What one look at all processes may take. What is left then is not looked at. */
struct owners_limits {
	__u64 ns;		/* of time */
	size_t files;		/* descriptors */
};

/*
 * Look for the owners of some sockets, in a directory like /proc, in one pass over all
 * descriptors. The inode numbers are sorted. 0 or -errno. owners_free() must follow.
 */
int owners_find_in(struct owners *ret_owners, const char *proc, const __u64 *inos, size_t n,
		   const struct owners_limits *limits);

/* The same on this host, within usual limits. Sorts the inode numbers itself. */
int owners_find(struct owners *ret_owners, __u64 *inos, size_t n);

/* The owners of one socket. */
const struct owner *owners_of(const struct owners *owners, __u64 ino, size_t *ret_n);

void owners_free(struct owners *owners);

#endif

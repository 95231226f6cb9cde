/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * netns - the network namespaces of this host that can be entered: those of processes,
 * those that are mounted somewhere, and those that only a descriptor keeps.
 */
#ifndef PAGEFLIGHT_NETNS_H
#define PAGEFLIGHT_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct netns {
	int fd;			/* -1: our own one */
	__u64 ino;		/* its number */
};

struct netns_set {
	struct netns *at;	/* our own one is the first */
	size_t n, room;
};

/* Find namespaces of processes and of mounts. 0 or -errno. netns_close() must follow. */
int netns_find(struct netns_set *ret_set);

/*
 * Find more, through every open descriptor of every process: of a namespace, and of a
 * socket in one. It takes as long as there are descriptors, but not beyond until_ns of
 * CLOCK_MONOTONIC.
 */
void netns_find_in_files(struct netns_set *set, __u64 until_ns);

bool netns_has(const struct netns_set *set, __u64 ino);

void netns_close(struct netns_set *set);

#endif

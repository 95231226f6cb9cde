/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * everywhere - a walk through the sockets of all network namespaces of this host, and
 * which of these could not be entered.
 */
#ifndef PAGEFLIGHT_EVERYWHERE_H
#define PAGEFLIGHT_EVERYWHERE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/netns.h"
#include "kernel/walker.h"

struct everywhere {
	struct walker *walker;
	struct netns_set set;
	const __u32 *only;	/* numbers of the namespaces to look into; NULL: all */
	unsigned int n_only;
	__u64 unseen;		/* namespaces that could not be looked into */
	__u64 unseen_ino;	/* one of them */
	int unseen_why;		/* -errno of entering it; -ENOENT: no way into it was found */
};

/* Find the namespaces anew. 0 or -errno. */
int everywhere_find(struct everywhere *e);

/* Are there namespaces now that were not found? */
bool everywhere_is_stale(struct everywhere *e);

/* Walk. Not 0 is the result of fn, which ended the walk, or -errno. */
int everywhere_walk(struct everywhere *e, walker_batch_fn fn, void *ctx);

/* The same, and then what was reset and is still open. */
int everywhere_walk_all(struct everywhere *e, walker_batch_fn fn, void *ctx);

/* Forget the namespaces. The walker stays. */
void everywhere_forget(struct everywhere *e);

#endif

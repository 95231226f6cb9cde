/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * groups - a storm for people: of the incidents of one writer, file and verdict within
 * a second the first one is shown, and the others are counted.
 */
#ifndef PAGEFLIGHT_GROUPS_H
#define PAGEFLIGHT_GROUPS_H

#include <stdbool.h>
#include "names/shown.h"

#define GROUPS_ALL ((__u64)-1)

/* What was counted, and of which file in which words: those of the first incident. */
struct group {
	struct pf_task writer;
	enum pf_verdict verdict;
	__u64 dev, ino;
	__u64 until;		/* what comes before that belongs to it */
	__u64 more;		/* incidents that were not shown */
	__u64 bytes;		/* of these */
	char path[256];		/* its end, if it is longer; empty: not known */
};

struct groups;

/* 0 or -ENOMEM. */
int groups_new(struct groups **ret_groups);

/* Is this incident to be shown? If not, it was counted. */
bool groups_take(struct groups *g, const struct shown *shown, __u64 now);

/*
 * A group whose second is over, and which has counted something; it is forgotten, and
 * valid until the next call. NULL: there is none.
 */
const struct group *groups_due(struct groups *g, __u64 now);

/* NULL is allowed. */
void groups_free(struct groups *g);

#endif

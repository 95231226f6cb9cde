// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* groups.c - see groups.h. If there are too many groups, what belongs to none is shown. */
#include "groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define GROUPS 64

struct groups {
	size_t n;
	struct group at[GROUPS];
	struct group due;
};

int groups_new(struct groups **ret_groups)
{
	struct groups *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	*ret_groups = g;
	return 0;
}

static bool belongs(const struct group *group, const struct pf_incident *inc)
{
	return group->verdict == inc->answer.verdict && group->dev == inc->dev &&
	       group->ino == inc->ino && group->writer.pid == inc->writer.pid &&
	       group->writer.how == inc->writer.how;
}

static void forget(struct groups *g, struct group *group)
{
	*group = g->at[--g->n];
}

static void begin(struct groups *g, const struct shown *shown, __u64 now)
{
	const struct pf_incident *inc = shown->inc;
	struct group *group;

	/* Those that have counted nothing can go. */
	for (size_t i = 0; i < g->n && g->n == GROUPS; i++)
		if (now >= g->at[i].until && !g->at[i].more)
			forget(g, &g->at[i]);
	if (g->n == GROUPS)
		return;
	group = &g->at[g->n++];
	*group = (struct group){
		.writer = inc->writer, .verdict = inc->answer.verdict, .dev = inc->dev,
		.ino = inc->ino, .until = now + NSEC_PER_SEC,
	};
	if (shown->path) {
		size_t len = strlen(shown->path), room = sizeof(group->path) - 1;

		strcpy(group->path, shown->path + (len > room ? len - room : 0));
	}
}

bool groups_take(struct groups *g, const struct shown *shown, __u64 now)
{
	for (size_t i = 0; i < g->n; i++) {
		struct group *group = &g->at[i];

		if (!belongs(group, shown->inc))
			continue;
		if (now >= group->until && !group->more) {
			forget(g, group);
			break;
		}
		/* A group that is late to be told takes what comes until it is. */
		group->more++;
		group->bytes += shown->inc->bytes;
		return false;
	}
	begin(g, shown, now);
	return true;
}

const struct group *groups_due(struct groups *g, __u64 now)
{
	for (size_t i = 0; i < g->n;) {
		struct group *group = &g->at[i];

		if (now < group->until) {
			i++;
			continue;
		}
		g->due = *group;
		forget(g, group);
		if (g->due.more)
			return &g->due;
	}
	return NULL;
}

void groups_free(struct groups *g)
{
	free(g);
}

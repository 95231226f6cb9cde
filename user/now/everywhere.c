// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* everywhere.c - see everywhere.h. */
#include "everywhere.h"

#include <errno.h>

#include "base/clock.h"

#define SEARCH_NS NSEC_PER_SEC	/* for namespaces that only a descriptor keeps */

static bool is_asked_for(const struct everywhere *e, __u64 ino)
{
	for (unsigned int i = 0; i < e->n_only; i++)
		if (e->only[i] == ino)
			return true;
	return !e->n_only;
}

static void note_unseen(struct everywhere *e, __u64 ino, int why)
{
	if (!e->unseen++) {
		e->unseen_ino = ino;
		e->unseen_why = why;
	}
}

/* Count what the kernel has and the set has not. */
static int count_missing(struct everywhere *e)
{
	const __u64 *nets;
	size_t n;
	bool cut;
	int err = walker_nets(e->walker, &nets, &n, &cut);

	if (err)
		return err;
	e->unseen = 0;
	for (size_t i = 0; i < n; i++)
		if (is_asked_for(e, nets[i]) && !netns_has(&e->set, nets[i]))
			note_unseen(e, nets[i], -ENOENT);
	if (cut)
		note_unseen(e, 0, -E2BIG);
	return 0;
}

int everywhere_find(struct everywhere *e)
{
	struct netns_set fresh;
	int err = netns_find(&fresh);

	if (err)
		return err;
	netns_close(&e->set);
	e->set = fresh;
	err = count_missing(e);
	if (err || !e->unseen)
		return err;
	netns_find_in_files(&e->set, clock_mono_ns() + SEARCH_NS);
	return count_missing(e);
}

bool everywhere_is_stale(struct everywhere *e)
{
	return count_missing(e) || e->unseen;
}

int everywhere_walk(struct everywhere *e, walker_batch_fn fn, void *ctx)
{
	int result = count_missing(e);

	for (size_t i = 0; i < e->set.n && !result; i++) {
		const struct netns *ns = &e->set.at[i];

		if (!is_asked_for(e, ns->ino))
			continue;
		result = walker_walk(e->walker, ns->fd, fn, ctx);
		if (ns->fd >= 0 && (result == -EPERM || result == -EINVAL)) {
			note_unseen(e, ns->ino, result);
			result = 0;
		}
	}
	return result;
}

int everywhere_walk_all(struct everywhere *e, walker_batch_fn fn, void *ctx)
{
	int result = everywhere_walk(e, fn, ctx);

	return result ?: walker_walk_closed(e->walker, fn, ctx);
}

void everywhere_forget(struct everywhere *e)
{
	netns_close(&e->set);
}

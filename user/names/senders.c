// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * senders - a list without an index: few connections have a sender in the kernel,
 * and the list is searched only for incidents of these connections.
 */
#include "senders.h"

#include <errno.h>
#include <stdlib.h>

struct sender {
	struct pf_ev_sender ev;
	__u64 used;		/* value of `calls` at its last use */
};

struct senders {
	struct sender *at;
	unsigned int n, room;
	__u64 calls;
};

int senders_new(struct senders **ret_senders)
{
	struct senders *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret_senders = s;
	return 0;
}

/* Find a place for one more. Without memory it is NULL, and the sender stays unknown. */
static struct sender *place(struct senders *s)
{
	struct sender *oldest;

	if (s->n == s->room && s->room < SENDERS_MAX) {
		unsigned int room = s->room ? s->room * 2 : 16;
		struct sender *more = reallocarray(s->at, room, sizeof(*more));

		if (!more)
			return NULL;
		s->at = more;
		s->room = room;
	}
	if (s->n < s->room)
		return &s->at[s->n++];
	oldest = s->at;
	for (unsigned int i = 1; i < s->n; i++) {
		if (s->at[i].used < oldest->used)
			oldest = &s->at[i];
	}
	return oldest;
}

void senders_add(struct senders *s, const struct pf_ev_sender *ev)
{
	struct sender *sender = place(s);

	if (sender)
		*sender = (struct sender){ *ev, ++s->calls };
}

const struct pf_ev_sender *senders_find(struct senders *s, __u64 conn)
{
	for (unsigned int i = 0; i < s->n; i++) {
		if (s->at[i].ev.conn != conn)
			continue;
		s->at[i].used = ++s->calls;
		return &s->at[i].ev;
	}
	return NULL;
}

void senders_free(struct senders *s)
{
	if (!s)
		return;
	free(s->at);
	free(s);
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * feed - what the engine of a session is given goes through here, so that the recording
 * has it in the same order. Each is the call of pageflight.h with the rest of its name.
 */
#ifndef PAGEFLIGHT_FEED_H
#define PAGEFLIGHT_FEED_H

#include "state.h"

int feed_record(struct session *s, const void *data, size_t size);
bool feed_totals(struct session *s, const struct pf_totals *totals);
void feed_caught_up(struct session *s);
int feed_tick(struct session *s, __u64 engine_now, __u64 now);
void feed_end(struct session *s, __u64 ended);
int feed_flush(struct session *s);

/* Make the tap of the recording, if there is one. 0 or -ENOMEM. */
int feed_open(struct session *s);

/* Tell what the session is, once all is attached. */
void feed_about(struct session *s);

/* No incident is under way. */
void feed_mark(struct session *s);

#endif

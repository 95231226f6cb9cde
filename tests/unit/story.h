/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * story.h - a recording of a made-up session, by the writer itself: an ISO image that is
 * rewritten while nginx sends it, with all moments known; a near miss; memory of a
 * process; names that nobody should have.
 */
#ifndef PAGEFLIGHT_TEST_STORY_H
#define PAGEFLIGHT_TEST_STORY_H

#include "record/writer.h"

struct story {
	char dir[64];
	char path[96];
	char *lines;		/* as JSON */
};

/* vfs and others but the path as the writer takes them; NULL: defaults. */
void story_make(struct story *s, const struct writer_opts *with);
void story_free(struct story *s);

#endif

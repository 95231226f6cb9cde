/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* recording.h - a session that records, with the kernel side replaced, and what it printed. */
#ifndef PAGEFLIGHT_TEST_RECORDING_H
#define PAGEFLIGHT_TEST_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "record/replay.h"

struct pf_exposed;

struct recording {
	unsigned int incidents;
	__u64 max_bytes;
	struct filter *filter;
	const struct pf_exposed *exposed;	/* what the kernel side has noted; or NULL */
	bool kill;		/* in the middle of it */

	/* What comes of it. */
	char *dir;
	char *path;
	char *lines;		/* as it was printed */
	char *said;		/* on standard error */
	int status;
};

void recording_make(struct recording *rec);
void recording_free(struct recording *rec);

/* What a replay prints. The caller frees it. */
char *recording_lines(const char *path, struct replay_result *ret_result);

/* How often a text is in another one. */
size_t recording_count(const char *text, const char *what);

#endif

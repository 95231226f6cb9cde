/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * bytemap - which bytes of a file or a stream are wrong: a mark for each so many bytes,
 * from a little before the first of them to a little behind the last.
 */
#ifndef PAGEFLIGHT_BYTEMAP_H
#define PAGEFLIGHT_BYTEMAP_H

#include "review.h"

#define BYTEMAP_MARKS 192	/* at most */

struct bytemap {
	__u64 from;		/* offset of the first mark */
	__u64 scale;		/* bytes of a mark */
	size_t n;
	char marks[BYTEMAP_MARKS];	/* '#' wrong, '?' perhaps, '.' as meant, '-' not in flight */
};

/* By offsets in the file, or in the stream. */
void bytemap_of(const struct kase *c, bool stream, struct bytemap *ret_map);

/* Where the bytes are that have this mark or a stronger one. */
bool bytemap_wrong(enum pf_verdict verdict);

#endif

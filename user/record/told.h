/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* told - the exposures of a recording: files that somebody could change as they were sent. */
#ifndef PAGEFLIGHT_TOLD_H
#define PAGEFLIGHT_TOLD_H

#include "output/exposure.h"

struct reader;

struct told {
	__u64 after;		/* incidents that were told before */
	bool at_end;		/* it is of the summary */
	struct exposure e;	/* its texts are the reader's */
	struct opener who[OPENERS_MAX];
};

/*
 * In the order in which they were told. The caller frees the list. Returns their number, or
 * -ENOMEM; what cannot be read is left out, and reader_failed() says so.
 */
long told_read(struct reader *r, struct told **ret_told);

#endif

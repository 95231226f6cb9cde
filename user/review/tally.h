/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tally - incidents counted by a text: by file, writer or connection. */
#ifndef PAGEFLIGHT_TALLY_H
#define PAGEFLIGHT_TALLY_H

#include "review.h"

struct tally {
	char *name;
	__u64 incidents[PF_VERDICT_MAX];
	__u64 bytes;		/* of the wrong ones */
	__u64 wrong;		/* corrupt or mixed */
	__u64 all;
};

/* What a case counts for. Returns buf. */
typedef const char *(*tally_name_fn)(const struct kase *c, char *buf, size_t size);

/* The names, the worst first. To be freed by tally_free(). -1: no memory. */
ssize_t tally_of(const struct review *v, tally_name_fn name, struct tally **ret_tally);
void tally_free(struct tally *tally, size_t n);

const char *tally_file(const struct kase *c, char *buf, size_t size);
const char *tally_writer(const struct kase *c, char *buf, size_t size);
const char *tally_sender(const struct kase *c, char *buf, size_t size);
const char *tally_connection(const struct kase *c, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * reader - a recording that somebody has given us, to be read and not changed. Nothing in
 * it is believed.
 */
#ifndef PAGEFLIGHT_READER_H
#define PAGEFLIGHT_READER_H

#include "db.h"
#include "kernel/filter.h"
#include "kernel/hooks.h"
#include "output/sink.h"

struct err;

struct reader {
	const char *path;
	struct db db;
	struct filter filter;	/* what was given, in words */
	struct hook *hooks;	/* those of what was not seen */
	size_t n_hooks;
	struct exposure *exposures;	/* those of the end */
	struct told *told;
	char **texts;
	size_t n_texts;
};

/* 0 or -errno, and ret_err has one line. The reader is to be closed after 0 alone. */
int reader_open(struct reader **ret_reader, const char *path, struct err *ret_err);

/* A copy that lives as long as the reader. NULL if the text is, or if there is no memory. */
const char *reader_keep(struct reader *r, const char *text);

/* A text that the recording has about the session; NULL if it has none. Valid until the end. */
const char *reader_about(struct reader *r, const char *key);

/* A number of the same kind, or this default. */
__u64 reader_about_number(struct reader *r, const char *key, __u64 otherwise);

/* How many of these were lost; 0: none. */
__u64 reader_lost(struct reader *r, const char *what);

/* UTC of a moment of the recording. */
__u64 reader_wall(struct reader *r, __u64 mono);

/*
 * The summary. False if there is none, since the session was killed; then content and
 * filter are filled in.
 */
bool reader_summary(struct reader *r, struct summary *ret_sum);

/* Can the records be replayed by this version of the program? Else why not. */
bool reader_can_replay(struct reader *r, struct err *ret_why);

/* Has anything failed that was read? Then what. */
bool reader_failed(const struct reader *r, struct err *ret_err);

void reader_close(struct reader *r);

#endif

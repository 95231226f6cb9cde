/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * writer - the process that writes a recording, so that a disk never holds up the
 * session, and so that the session needs no right to write. It takes the frames of
 * tap.h.
 */
#ifndef PAGEFLIGHT_WRITER_H
#define PAGEFLIGHT_WRITER_H

#include <linux/types.h>

struct err;

struct writer_opts {
	const char *path;
	__u64 max_bytes;		/* 0: any number. Oldest evidence goes first */
	int (*confine)(struct err *ret_err);	/* called once the file is open; or NULL */
	const char *vfs;		/* of the library, for tests; NULL: its default */
};

/* Check that the file can be made, and is not there yet. 0 or -errno; ret_err has the text. */
int writer_check(const char *path, struct err *ret_err);

/* For helper_start(): ctx is a struct writer_opts. */
int writer_run(void *ctx, int fd);

#endif

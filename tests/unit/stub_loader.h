/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * stub_loader.h - the kernel side of a session, replaced: records come from
 * memory. Each incident is one overwrite of a page that was not sent yet.
 */
#ifndef PAGEFLIGHT_TEST_STUB_LOADER_H
#define PAGEFLIGHT_TEST_STUB_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct pf_exposed;

struct stub {
	__u64 storm_ns;		/* the ring buffer is not empty for so long */
	size_t backlog;		/* bytes in the ring buffer meanwhile */
	__u64 close_ns;		/* how long it takes to close */
	unsigned int incidents;	/* else: so many at once, then none */
	bool drip;		/* one incident at a time, and the next is there at once */
	bool unready;		/* the first record in the ring buffer is never submitted */
	const struct pf_exposed *exposed;	/* noted once the session runs; or NULL */
	unsigned int *rounds;	/* how often records were asked for; shared memory, or NULL */
};

extern struct stub stub;

#endif

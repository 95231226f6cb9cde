/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * procmaps - lines of /proc/PID/maps. Pure: works on text.
 */
#ifndef PAGEFLIGHT_PROCMAPS_H
#define PAGEFLIGHT_PROCMAPS_H

#include <stdbool.h>
#include <linux/types.h>

/* A shared, writable mapping of a file. */
struct mapping {
	__u64 start, end;	/* addresses */
	__u64 offset;		/* of the first byte in the file */
	__u64 dev;		/* kernel encoding */
	__u64 ino;
};

/* False if the line shows another kind of mapping, or has another form. */
bool procmaps_shared_writable(const char *line, struct mapping *ret_mapping);

/* Does the mapping show a byte of [offset, offset + length) of its file? */
bool procmaps_covers(const struct mapping *m, __u64 offset, __u64 length);

#endif

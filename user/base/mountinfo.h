/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * mounts - /proc/PID/mountinfo as a table: from a path inside of a file
 * system to one that a user can open. Pure: works on text.
 */
#ifndef PAGEFLIGHT_MOUNTS_H
#define PAGEFLIGHT_MOUNTS_H

#include <stddef.h>
#include <linux/types.h>

struct mounts;

/* Parse a whole mountinfo. Lines that make no sense are left out. 0 or -ENOMEM. */
int mounts_parse(struct mounts **ret_mounts, const char *text);

/*
 * Where the file at `inner`, a path from the root of the file system of
 * device dev (kernel encoding), is found in this table. Of several mounts the
 * one is taken that shows most of the file system, and of equals the one with
 * the shortest mount point. Returns the length of the path, -ENOENT if no
 * mount shows the file, -ENAMETOOLONG if it does not fit; *ret_path is then
 * untouched.
 */
int mounts_find(const struct mounts *m, __u64 dev, const char *inner, char *ret_path,
		size_t len);

/* Device, kernel encoding, of the mount with this id; 0 if it is not in the table. */
__u64 mounts_dev(const struct mounts *m, __u64 id);

/*
 * The next mount point below a directory, not the directory itself; *at is
 * where to go on, 0 at first. NULL: no more.
 */
const char *mounts_below(const struct mounts *m, const char *dir, size_t *at);

/* NULL is allowed. */
void mounts_free(struct mounts *m);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * mountinfo - /proc/PID/mountinfo as a table: from a path inside of a file
 * system to one that a user can open. Pure, but for the functions that read it.
 */
#ifndef PAGEFLIGHT_MOUNTINFO_H
#define PAGEFLIGHT_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct mountinfo;

/* Parse a whole mountinfo. Lines of another form are left out. 0 or -ENOMEM. */
int mountinfo_parse(struct mountinfo **ret_mountinfo, const char *text);

/* Read and parse all of an open mountinfo, from its start. 0 or -errno. */
int mountinfo_read(struct mountinfo **ret_mountinfo, int fd);

/* The same of a path below an open directory, which may be AT_FDCWD. */
int mountinfo_read_at(struct mountinfo **ret_mountinfo, int dir, const char *path);

/*
 * Where the file at `inner`, a path from the root of the file system of
 * device dev (kernel encoding), is found in this table. Of several mounts the
 * one is taken that shows most of the file system, and of equals the one with
 * the shortest mount point. Returns the length of the path, -ENOENT if no
 * mount shows the file, -ENAMETOOLONG if it does not fit; *ret_path is then
 * untouched.
 */
int mountinfo_find(const struct mountinfo *m, __u64 dev, const char *inner, char *ret_path,
		size_t len);

/* Device, kernel encoding, of the mount with this id; 0 if it is not in the table. */
__u64 mountinfo_dev(const struct mountinfo *m, __u64 id);

/* Is there a mount of this device, and is it of this type of file system? */
bool mountinfo_is_type(const struct mountinfo *m, __u64 dev, const char *type);

/*
 * The next mount point below a directory, not the directory itself; *at is
 * where to go on, 0 at first. NULL: no more.
 */
const char *mountinfo_below(const struct mountinfo *m, const char *dir, size_t *at);

/* The next point where a namespace of this kind ("net") is mounted; *at as above. */
const char *mountinfo_namespace(const struct mountinfo *m, const char *kind, size_t *at);

/* NULL is allowed. */
void mountinfo_free(struct mountinfo *m);

#endif

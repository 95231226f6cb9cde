/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * cgroups - the paths of control groups of version 2, by their numbers. A number is that
 * of the inode of its directory, and is never used again: what was found stays true.
 */
#ifndef PAGEFLIGHT_CGROUPS_H
#define PAGEFLIGHT_CGROUPS_H

#include <linux/types.h>

struct cgroups;

/* Those of this host. 0 or -ENOMEM; without a file system of them no path is ever found. */
int cgroups_new(struct cgroups **ret_cgroups);

/* The same below another directory, with processes of a directory like /proc. */
int cgroups_new_in(struct cgroups **ret_cgroups, const char *root, const char *proc);

/*
 * Find out the path of a control group, as long as it is there: pid is, or was, a process in it.
 * That takes a twentieth of the time at most, if it is always others that are not found.
 */
void cgroups_learn(struct cgroups *c, __u64 id, __u32 pid);

/* From the root as this process sees it, "/..."; NULL: not known. Valid until the next learn. */
const char *cgroups_path(const struct cgroups *c, __u64 id);

/* NULL is allowed. */
void cgroups_free(struct cgroups *c);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * paths - turns a device and a path inside of its file system into a path that a
 * user can open: in this mount namespace, else in the writer's or the sender's.
 */
#ifndef PAGEFLIGHT_PATHS_H
#define PAGEFLIGHT_PATHS_H

#include "shown.h"

#define PATHS_LEN 8192

struct paths;

/* 0 or -errno. */
int paths_new(struct paths **ret_paths);

/*
 * Fill in path, view and deleted of an incident. The path is valid until the
 * next call. It stays NULL if the record named none.
 */
void paths_incident(struct paths *r, struct shown *shown);

/* NULL is allowed. */
void paths_free(struct paths *r);

#endif

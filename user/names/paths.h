/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * resolve - from device and path inside of a file system to a path a user can
 * open, in this mount namespace or, failing that, the writer's or the sender's.
 */
#ifndef PAGEFLIGHT_RESOLVE_H
#define PAGEFLIGHT_RESOLVE_H

#include "engine/incident.h"

#define RESOLVE_PATH_MAX 8192

struct resolve;

/* 0 or -errno. */
int resolve_new(struct resolve **ret_resolve);

/*
 * Fill in path, view and deleted of an incident. The path is valid until the
 * next call. It stays NULL if the record named none.
 */
void resolve_incident(struct resolve *r, struct incident *inc);

/* NULL is allowed. */
void resolve_free(struct resolve *r);

#endif

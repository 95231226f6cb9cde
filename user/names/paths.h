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

/* A process whose mount table is asked if ours does not have the mount. */
struct path_asked {
	__u32 pid;		/* 0: nobody */
	enum path_view view;	/* what the answer is called */
};

/*
 * The path of a file on this device. It is valid until the next call, and NULL if the record
 * named none.
 */
const char *paths_file(struct paths *r, __u64 dev, const struct pf_ev_op *file,
		       const struct path_asked *asked, size_t n, enum path_view *ret_view);

/*
 * Fill in path, view and deleted of an incident. The path is valid until the
 * next call. It stays NULL if the record named none.
 */
void paths_incident(struct paths *r, struct shown *shown);

/* NULL is allowed. */
void paths_free(struct paths *r);

#endif

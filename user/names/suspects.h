/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * suspects - if no hook saw who changed the bytes of a file: the processes that
 * have these bytes mapped shared and writable.
 */
#ifndef PAGEFLIGHT_SUSPECTS_H
#define PAGEFLIGHT_SUSPECTS_H

#include "shown.h"

struct suspects;
struct suspects_limits;	/* of scan.h */

/* Look at the running machine, within usual limits. 0 or -errno. */
int suspects_new(struct suspects **ret_suspects);

/* Look at the processes below a directory like /proc. 0 or -errno. */
int suspects_new_in(struct suspects **ret_suspects, const char *proc,
		    const struct suspects_limits *limits);

/*
 * Fill in the suspects of an incident whose writer is not known, or is known for
 * one store through a mapping only. They are valid until the next call.
 */
void suspects_incident(struct suspects *s, struct shown *shown);

/* NULL is allowed. */
void suspects_free(struct suspects *s);

#endif

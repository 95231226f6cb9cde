/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * suspects - who could have changed bytes of a file that nobody was seen to
 * write: the processes that have them mapped shared and writable.
 */
#ifndef PAGEFLIGHT_SUSPECTS_H
#define PAGEFLIGHT_SUSPECTS_H

#include "shown.h"

struct suspects;

/* 0 or -ENOMEM. */
int suspects_new(struct suspects **ret_suspects);

/*
 * Fill in the suspects of an incident of which the writer is not known, or is
 * known for one store only. They are valid until the next call.
 */
void suspects_incident(struct suspects *s, struct shown *shown);

/* NULL is allowed. */
void suspects_free(struct suspects *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * suspects - if no hook saw who changed the bytes of a file: the processes that
 * have these bytes mapped shared and writable.
 */
#ifndef PAGEFLIGHT_SUSPECTS_H
#define PAGEFLIGHT_SUSPECTS_H

#include "shown.h"

struct suspects;

/* 0 or -ENOMEM. */
int suspects_new(struct suspects **ret_suspects);

/*
 * Fill in the suspects of an incident whose writer is not known, or is known for
 * one store through a mapping only. They are valid until the next call.
 */
void suspects_incident(struct suspects *s, struct shown *shown);

/* NULL is allowed. */
void suspects_free(struct suspects *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* rows - from frames to the rows of a recording. */
#ifndef PAGEFLIGHT_ROWS_H
#define PAGEFLIGHT_ROWS_H

#include "base/frame.h"
#include "db.h"
#include "pack.h"

struct rows;

/* The tables are there already. NULL: there is no memory. */
struct rows *rows_new(struct db *db);

/* Put what a frame other than FRAME_FEED and FRAME_MARK says. False after a failure. */
bool rows_take(struct rows *r, const struct frame *frame);

/* Incidents so far. */
__u64 rows_incidents(const struct rows *r);

void rows_free(struct rows *r);

#endif

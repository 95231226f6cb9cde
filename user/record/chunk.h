/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * chunk - the last row of the table feed while it grows: it is stored as a whole each
 * time, and a new one begins when it is large enough.
 */
#ifndef PAGEFLIGHT_CHUNK_H
#define PAGEFLIGHT_CHUNK_H

#include "base/frame.h"
#include "db.h"

struct chunk;

/* NULL: there is no memory. */
struct chunk *chunk_new(struct db *db);

/* Add the entry of a frame FRAME_FEED. False after a failure. */
bool chunk_add(struct chunk *c, const struct frame *frame);

/* Store it as it is. What was stored is safe once the database commits. */
bool chunk_store(struct chunk *c);

/* Bytes that were ever added. */
__u64 chunk_bytes(const struct chunk *c);

void chunk_free(struct chunk *c);

#endif

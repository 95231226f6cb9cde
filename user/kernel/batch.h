/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * batch - records that were taken out of the ring buffer and wait to be judged.
 *
 * Before a record is judged, all losses that came before it must be known. So a
 * batch of records is taken out first, then the loss counters are read, and only
 * then the records are judged.
 */
#ifndef PAGEFLIGHT_BATCH_H
#define PAGEFLIGHT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define BATCH_BYTES (256 * 1024)

struct batch {
	size_t used;
	__u64 data[BATCH_BYTES / sizeof(__u64)];
};

/* Append a copy. False: it is full, or the record is larger than any batch. */
bool batch_add(struct batch *b, const void *data, size_t size);

/*
 * The record at *at, which then moves on; NULL at the end. Start with 0.
 */
const void *batch_next(const struct batch *b, size_t *at, size_t *ret_size);

#endif

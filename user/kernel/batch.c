// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * batch.c - a flat buffer of {size, record}, each padded to 8 bytes so that the
 * records stay aligned.
 */
#include "batch.h"

#include <string.h>

static size_t words(size_t bytes)
{
	return (bytes + sizeof(__u64) - 1) / sizeof(__u64);
}

bool batch_add(struct batch *b, const void *data, size_t size)
{
	size_t room = sizeof(b->data) / sizeof(b->data[0]) - b->used;

	if (size > BATCH_BYTES || words(size) + 1 > room)
		return false;
	b->data[b->used] = size;
	memcpy(&b->data[b->used + 1], data, size);
	b->used += words(size) + 1;
	return true;
}

const void *batch_next(const struct batch *b, size_t *at, size_t *ret_size)
{
	const void *record;

	if (*at >= b->used)
		return NULL;
	*ret_size = b->data[*at];
	record = &b->data[*at + 1];
	*at += words(*ret_size) + 1;
	return record;
}

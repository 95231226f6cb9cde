/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * content - bytes that tell which version of a file they are of: the upper three
 * bits are the version, the lower five, never zero, the place. Zero is a hole. So
 * no byte is the same in two versions, and none of the first is zero.
 */
#ifndef TRUTH_CONTENT_H
#define TRUTH_CONTENT_H

#include "plan.h"

#define VERSION_FIRST 0		/* and 1 + k for write k */
#define VERSION_HOLE 0xfe
#define VERSION_BAD 0xff	/* of no version at all */

void content_init(void);

/* PLAN_FILE bytes: a file of flow n as write k (version 1 + k) would make all of it. */
const uint8_t *content_of(uint32_t n, unsigned int version);

/* Which version the byte at an offset of a file of flow n is of. */
unsigned int content_version(uint32_t n, uint32_t off, uint8_t byte);

#endif

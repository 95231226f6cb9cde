/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * content - each byte of a file tells the file's version: the upper three bits
 * hold the version, the lower five, never zero, the place in the file. A hole
 * reads as zero. So no byte is the same in two versions, and no byte of the first
 * version is zero.
 */
#ifndef TRUTH_CONTENT_H
#define TRUTH_CONTENT_H

#include "plan.h"

#define VERSION_FIRST 0		/* and 1 + k for write k */
#define VERSION_HOLE 0xfe
#define VERSION_BAD 0xff	/* of no version at all */

void content_init(void);

/* Fill PLAN_FILE bytes with one version of the file of flow n. Write k makes version 1 + k. */
const uint8_t *content_of(uint32_t n, unsigned int version);

/* The version of a byte at an offset of the file of flow n. */
unsigned int content_version(uint32_t n, uint32_t off, uint8_t byte);

#endif

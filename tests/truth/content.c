// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * content - a table of bytes for each version. Its length divides no page size, and
 * each flow's file begins at a place of its own in the table.
 */
#include "content.h"

#define PERIOD 31

static uint8_t table[1 + PLAN_WRITES][PLAN_FILE + PERIOD];

void content_init(void)
{
	for (unsigned int v = 0; v <= PLAN_WRITES; v++) {
		for (uint32_t i = 0; i < sizeof(table[v]); i++)
			table[v][i] = v << 5 | (1 + i % PERIOD);
	}
}

const uint8_t *content_of(uint32_t n, unsigned int version)
{
	return table[version] + n % PERIOD;
}

unsigned int content_version(uint32_t n, uint32_t off, uint8_t byte)
{
	unsigned int version = byte >> 5;

	if (!byte)
		return VERSION_HOLE;
	if (version > PLAN_WRITES || content_of(n, version)[off] != byte)
		return VERSION_BAD;
	return version;
}

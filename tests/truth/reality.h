/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* reality - what was meant and what arrived, byte by byte. Pure. */
#ifndef TRUTH_REALITY_H
#define TRUTH_REALITY_H

#include "flow.h"

struct reality {
	uint8_t meant[PLAN_STREAM];	/* the bytes as they were when the socket took them */
	uint8_t arrived[PLAN_STREAM];
	uint32_t place[PLAN_CHUNKS];	/* of the chunks in the stream */
};

/* changes: for each byte, not 0 if a second version of it went by; NULL: nobody saw. */
void reality_find_runs(const struct reality *r, const struct plan *p, uint32_t len,
		       const uint8_t *changes, struct truth *ret);

#endif

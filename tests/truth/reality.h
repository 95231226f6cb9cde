/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* reality - the bytes the sender meant and the bytes that arrived. Pure. */
#ifndef TRUTH_REALITY_H
#define TRUTH_REALITY_H

#include "flow.h"

struct reality {
	uint8_t meant[PLAN_STREAM];	/* the bytes as they were when the socket took them */
	uint8_t arrived[PLAN_STREAM];
	uint32_t place[PLAN_CHUNKS];	/* of the chunks in the stream */
};

/* changes[i] is not 0 if two versions of byte i were transmitted. NULL: nobody looked. */
void reality_find_runs(const struct reality *r, const struct plan *p, uint32_t len,
		       const uint8_t *changes, struct truth *ret);

#endif

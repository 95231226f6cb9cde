/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* flow - carry out one plan, and say what its reader got. */
#ifndef TRUTH_FLOW_H
#define TRUTH_FLOW_H

#include "plan.h"

/* Bytes of the stream that fared alike. */
struct run {
	uint32_t off, len;
	uint8_t version;	/* what arrived: VERSION_* of content.h */
	bool right;		/* it is what was meant when it was sent */
	bool both;		/* the relay saw more than one version of it */
};

struct truth {
	uint32_t n;
	struct run *runs;	/* all of the stream, in order */
	unsigned int n_runs;
	char trouble[96];	/* empty: every step was reached */
};

void flow_init(void);
void flow_run(const struct plan *p, struct truth *ret);

#endif

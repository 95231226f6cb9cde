/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* flow - carries out one plan, and compares what its reader got with what was sent. */
#ifndef TRUTH_FLOW_H
#define TRUTH_FLOW_H

#include "plan.h"

/* Bytes of the stream to which the same happened. */
struct run {
	uint32_t off, len;
	uint8_t version;	/* what arrived: VERSION_* of content.h */
	bool right;		/* it is what was meant when it was sent */
	bool both;		/* the relay saw more than one version of it */
};

/* Where bytes of a flow are when a write changes them. */
enum state {
	STATE_UNSENT, STATE_IN_HOST, STATE_UNDER_WAY, STATE_DROPPED, STATE_UNREAD, STATE_READ,
	STATE_MAX
};
extern const char *const state_names[];

struct truth {
	uint32_t n;
	struct run *runs;	/* all of the stream, in order */
	unsigned int n_runs;
	uint8_t reached[STATE_MAX];	/* writes with bytes there */
	char trouble[96];	/* empty: every step was reached */
};

void flow_init(enum net only);
void flow_run(const struct plan *p, struct truth *ret);

#endif

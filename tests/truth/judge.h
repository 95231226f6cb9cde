/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* judge - compares the incidents with the bytes that arrived. Pure. */
#ifndef TRUTH_JUDGE_H
#define TRUTH_JUDGE_H

#include "flow.h"
#include "said.h"

#define TRUTH_UNKNOWN WRITER_MAX	/* row of incidents that can be about several kinds of writes */

struct truth_row {
	uint64_t incidents;
	uint64_t right, wrong;		/* bytes it said this of, as they arrived */
	uint64_t both;			/* of them, bytes of which two versions went by */
};

struct truth_share {
	uint64_t incidents, possible;
	uint64_t bytes, possible_bytes;
	uint64_t wrong;			/* possible bytes that arrived wrong */
};

/* Incidents that name their writer, and those that do not: by the plan. */
enum truth_named { TRUTH_NAMED, TRUTH_UNNAMED, TRUTH_NAMES };

/* The reasons of `possible`. */
#define TRUTH_REASONS 16
struct truth_reason {
	char name[24];
	uint64_t incidents, bytes;
};

struct truth_judge {
	bool hooks_only;	/* content mode off: stores and comparisons go unseen */
	struct truth_row row[SAID_MAX + 1];	/* and what nothing was said of */
	struct truth_share share[WRITER_MAX + 1][TRUTH_NAMES];
	struct truth_reason possible[TRUTH_REASONS];	/* first free: without a name */
	uint64_t reached[STATE_MAX];	/* writes that found bytes there */
	uint64_t missed, wrong;		/* bytes: the two figures */
	uint64_t coarse;		/* bytes of pages that were rightly said to be wrong in part */
	uint64_t blind;			/* bytes that hooks alone cannot get right */
	uint64_t flows, bytes;
	unsigned int troubled;	/* flows with a step that was not reached */
};

/*
 * Add one flow. Returns how many of its bytes were reported wrongly. The text
 * describes the first of them: what was reported, and what is true.
 */
uint64_t truth_judge_flow(struct truth_judge *j, const struct plan *p, const struct truth *t,
			  const struct said_incident *inc, unsigned int n_inc, char *text,
			  unsigned int size);

#endif

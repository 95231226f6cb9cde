/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* said - what pageflight said, from its JSON lines. */
#ifndef TRUTH_SAID_H
#define TRUTH_SAID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Weakest first. */
enum said_verdict {
	SAID_IDENTICAL, SAID_NEAR_MISS, SAID_POSSIBLE, SAID_MIXED, SAID_CORRUPT, SAID_MAX
};
extern const char *const said_verdict_names[];

struct said_range {
	uint64_t off, len;	/* of the stream */
	uint64_t file_off;
	enum said_verdict verdict;
	char reason[24];
};

struct said_incident {
	uint32_t flow;
	int write;		/* which of the flow's writes; -1: it does not say */
	enum said_verdict verdict;
	char reason[24];
	bool lost;		/* evidence was lost */
	bool by_page;		/* found by fingerprints: of a page piece, not of bytes */
	struct said_range *ranges;
	unsigned int n_ranges;
};

struct said {
	struct said_incident *all;	/* by flow, in order */
	unsigned int n;
	unsigned int strays;	/* of no flow */
	bool summary;		/* it came */
	char content[16];	/* the mode it ran in, if it says so; else empty */
	bool lossy;		/* it says that something was lost or is left over */
	char loss[256];		/* what */
};

void said_read(FILE *in, struct said *ret);

/* Those of one flow. */
const struct said_incident *said_of(const struct said *all, uint32_t flow,
				    unsigned int *ret_n);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * demo_check - compare what the peer of the race received, byte by byte, with what
 * was reported, and print both next to each other. Pure but for the stream.
 */
#ifndef PAGEFLIGHT_DEMO_CHECK_H
#define PAGEFLIGHT_DEMO_CHECK_H

#include <stdio.h>
#include "names/shown.h"
#include "demo_race.h"

/* What was reported about the file of the race. */
struct demo_report {
	unsigned int incidents;
	struct pf_incident first;			/* of its pointers only the rule stays valid */
	char path[PATH_MAX];			/* of it */
	bool corrupt[RACE_BYTES];		/* bytes of the stream said to be wrong */
};

/* What the report can be right in. All must hold. */
struct demo_check {
	bool one_incident;
	bool verdict;
	bool file;
	bool range;		/* exactly the bytes that arrived wrong */
	bool writer;
	bool sender;
	bool connection;
	size_t wrong;		/* bytes that arrived wrong ... */
	size_t first, last;	/* ... and where */
};

void demo_take(struct demo_report *report, const struct race *race, const struct shown *shown);

/* Is the report exactly what happened? */
bool demo_check(const struct race *race, const struct demo_report *report,
		struct demo_check *ret_check);

void demo_print(FILE *out, const struct race *race, const struct demo_report *report,
		const struct demo_check *check, bool passed);

/* One JSON line. 0 or -errno. */
int demo_print_json(FILE *out, const struct race *race, const struct demo_check *check,
		    bool passed);

#endif

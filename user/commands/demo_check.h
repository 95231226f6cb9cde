/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * demo - what the peer of the race really got against what was reported, and
 * how to show it. Pure but for the stream it prints to.
 */
#ifndef PAGEFLIGHT_DEMO_H
#define PAGEFLIGHT_DEMO_H

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

/* Every way in which the report can be right; all must hold. */
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

/* True if pageflight said what happened. */
bool demo_check(const struct race *race, const struct demo_report *report,
		struct demo_check *ret_check);

void demo_print(FILE *out, const struct race *race, const struct demo_report *report,
		const struct demo_check *check, bool passed);

/* One JSON line. 0 or -errno. */
int demo_print_json(FILE *out, const struct race *race, const struct demo_check *check,
		    bool passed);

#endif

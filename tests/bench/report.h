/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* report - the tables of the bench, and its goals. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdint.h>
#include "fp_cost.h"
#include "load.h"
#include "watcher.h"

#define ROUNDS_MAX 32

enum column {
	COLUMN_NONE,
	COLUMN_FLOOR,
	COLUMN_OFF,
	COLUMN_EDGES,
	COLUMN_WIRE,
	COLUMN_EXCLUDED,
	COLUMN_BPFTRACE,
	COLUMNS
};

#define REPORT_FILTERS 8

struct report {
	int rounds;
	const char *missing[COLUMNS];			/* why, or NULL */
	double values[LOAD_MAX][COLUMNS][ROUNDS_MAX];	/* per unit */
	struct {
		const char *by;		/* the filter that excludes it; NULL: not measured */
		double value;		/* of a page */
	} excluded[REPORT_FILTERS];
	double idle_ppm;		/* of a processor, by the daemon of an idle host */
	double idle_page_ns;		/* of the daemon for a page that nobody overwrites */
	struct fingerprint fp;
};

struct progs;

void report_programs(const char *watcher, enum load load, const struct progs *progs);
void report_print(struct report *r, const unsigned int loads[COLUMNS],
		  const struct watcher watchers[COLUMNS]);

#endif

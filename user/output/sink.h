/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * sink - where incidents go. A sink writes each line at once, so that a pipe
 * or a log sees an incident when it happens.
 */
#ifndef PAGEFLIGHT_SINK_H
#define PAGEFLIGHT_SINK_H

#include <stdio.h>
#include "kernel/loader.h"
#include "exposure.h"
#include "names/shown.h"
#include "vitals.h"

/* How a writer can have written: enum pf_writer_how. */
#define SINK_HOWS (PF_WRITE_PUNCH + 1)

/* One session, at its end, or as it is by now. */
struct summary {
	__u64 wall_ns;				/* end of the session, or now, UTC */
	__u64 duration_ns;
	int content;				/* enum pf_content, as it really was */
	struct pf_totals totals;
	__u64 incidents[PF_VERDICT_MAX];		/* reported, also those not printed */
	__u64 bytes[PF_VERDICT_MAX];
	__u64 incidents_by[PF_VERDICT_MAX][SINK_HOWS];	/* the same, each by how it was made, */
	__u64 bytes_by[PF_VERDICT_MAX][SINK_HOWS];	/* ... and their bytes */
	__u64 refused;				/* records with a broken form */
	__u64 evicted;				/* incidents reported before they were settled */
	__u64 output_lost;			/* incidents that were not printed: no reader in time */
	__u64 small;				/* incidents below --min-bytes, not counted above */
	__u64 unseen;				/* possible since nobody saw when they were made */
	struct exposures_sum exposures;		/* files that somebody could change as they were sent */
	const struct filter *filter;		/* NULL: none */
	const struct hook *hooks;		/* for what was not seen for want of one */
	size_t n_hooks;
	const struct vitals *vitals;		/* for metrics alone */
};

struct sink;
struct filter;
struct groups;

#define SINK_WIDTH 120	/* columns, unless a terminal or COLUMNS says otherwise */

/* All return 0, -errno of the write, or -ENOMEM. */
struct sink_ops {
	int (*open)(struct sink *sink);
	int (*incident)(struct sink *sink, const struct shown *shown);
	int (*summary)(struct sink *sink, const struct summary *sum);

	/* A file that somebody could change. NULL: the summary alone tells of them. */
	int (*exposure)(struct sink *sink, const struct exposure *e);

	/* It is sink.now, or the end: print what was waiting for that. NULL: nothing ever waits. */
	int (*tick)(struct sink *sink, bool end);
};

struct sink {
	const struct sink_ops *ops;
	FILE *out;
	unsigned int width;	/* columns a line may have */
	bool whole_paths;	/* a path may be longer than that: nothing wraps the line */
	bool colour;
	__u64 now;		/* CLOCK_MONOTONIC, set before each call */
	struct groups *groups;	/* which incidents are told by a number; NULL: none */
};

/* Set up a sink for stdout as its terminal, COLUMNS and NO_COLOR ask for. */
void sink_init(struct sink *sink, const struct sink_ops *ops);

extern const struct sink_ops sink_table;
extern const struct sink_ops sink_json;
extern const struct sink_ops sink_quiet;	/* of the table, the summary alone */
extern const struct sink_ops sink_metrics;	/* the summary as numbers; any number of times */

/* Names of the counters, and a text for each that explains it: PF_C_MAX of both. */
extern const char *const sink_counter_names[];
extern const char *const sink_counter_texts[];

/* One way to lose something, in the kernel or in this process. */
struct loss {
	const char *name;
	const char *text;
	__u64 count;
};

#define SINK_LOSSES (PF_C_MAX - PF_C_FIRST_LOSS + 4)

void sink_losses(const struct summary *sum, struct loss ret_losses[SINK_LOSSES]);

/* Flush. Returns 0, or -errno of this or an earlier write to the stream. */
int sink_flush(FILE *out);

#endif

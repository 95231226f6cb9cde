/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * report - from an incident of the engine to a line of output: an incident is
 * counted, filtered, given its names and printed. The function that returns a
 * failure has logged it.
 */
#ifndef PAGEFLIGHT_REPORT_H
#define PAGEFLIGHT_REPORT_H

#include <stdbool.h>
#include "output/sink.h"
#include "top/view.h"

struct report_opts {
	bool json;		/* JSON lines, else a table for people */
	bool quiet;		/* of the table, the summary alone */
	bool no_group;		/* a storm is not told by numbers in the table */
	const char *output;	/* a file for JSON lines as well; NULL: none */
	const char *exec;	/* a command that gets each incident as JSON; NULL: none */
	const char *record;	/* a recording to write; NULL: none */
	__u64 record_max;	/* its size in bytes; 0: any */
	bool record_vital;	/* the session ends if it cannot be written */
	const struct view_opts *view;	/* instead of lines: frames for a terminal; NULL: lines */
	const char *listen;	/* where the same numbers are served; NULL: nowhere */
	const char *metrics;	/* a file of numbers for others, renewed meanwhile; NULL: none */
	unsigned int count;	/* incidents after which the report is full; 0: it never is */
	int fail_on;		/* enum pf_verdict, or -1; see report_found() */
	int min_verdict;	/* incidents below it are counted but not printed */

	/* Sees every printed incident, after the sink. */
	void (*on_incident)(void *ctx, const struct shown *shown);
	void *ctx;
};

struct filter;
struct outlets;
struct pf_ev_sender;
struct pf_exposed;
struct pf_totals;
struct report;

/* opts and filter (NULL: none) must outlive the report. Returns 0 or -errno. */
int report_new(struct report **ret_report, const struct report_opts *opts,
	       const struct filter *filter);

/* Print what comes before the first incident. */
int report_open(struct report *r);

/* Remember on whose behalf the kernel sends on a connection. */
/* A record was taken: what it names may be gone when its incident is reported. */
void report_record(struct report *r, const struct pf_event *ev);

void report_sender(struct report *r, const struct pf_ev_sender *ev);

int report_incident(struct report *r, const struct pf_incident *inc);

/* From now on incidents are counted but no longer printed: there is no time. */
void report_hush(struct report *r);

/* A file was sent while somebody could change it; ctx is the report. */
void report_exposed(void *ctx, const struct pf_exposed *e);

/* Tell of such files, if it is time. To be called once a second. */
int report_exposures(struct report *r, const struct pf_totals *totals, __u64 now);

/* It is now: print what has waited for that, and say what was lost. */
int report_tick(struct report *r, __u64 now);

/* Where it all goes: to be polled, and flushed at the end. */
struct outlets *report_outlets(struct report *r);

/* Were as many incidents printed as were asked for? Then the report takes no more. */
bool report_full(const struct report *r);

/* Was there an incident at or above fail_on? */
bool report_found(const struct report *r);

/* What the report counted, for a summary. */
void report_counts(const struct report *r, struct summary *sum);

/* A frame for the terminal, which may be lost. False: there is nobody who takes it. */
bool report_frame(struct report *r, __u32 kind, const void *data, size_t len);

/* The path of a file on a device; NULL: it has none. Valid until another one is asked for. */
const char *report_path(struct report *r, __u64 dev, const struct pf_ev_op *name, __u32 pid);

/* Give the numbers as of now to those who want them meanwhile; what the report counted is filled in. */
int report_numbers(struct report *r, struct summary *sum, __u64 now);

/* Print the summary; what the report counted is filled in. */
int report_summary(struct report *r, struct summary *sum);

/* NULL is allowed. */
void report_free(struct report *r);

#endif

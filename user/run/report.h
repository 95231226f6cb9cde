/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * report - from an incident of the engine to a line of output: an incident is
 * counted, filtered, given its names and printed. The function that returns a
 * failure has logged it, but for report_new().
 */
#ifndef PAGEFLIGHT_REPORT_H
#define PAGEFLIGHT_REPORT_H

#include <stdbool.h>
#include "output/sink.h"

struct report_opts {
	bool json;		/* JSON lines, else a table for people */
	unsigned int count;	/* incidents after which the report is full; 0: it never is */
	int fail_on;		/* enum pf_verdict, or -1; see report_found() */
	int min_verdict;	/* incidents below it are counted but not printed */

	/* Sees every printed incident, after the sink. */
	void (*on_incident)(void *ctx, const struct shown *shown);
	void *ctx;
};

struct filter;
struct queue;
struct pf_ev_sender;
struct report;

/* opts and filter (NULL: none) must outlive the report. Returns 0 or -errno. */
int report_new(struct report **ret_report, const struct report_opts *opts,
	       const struct filter *filter);

/* Print what comes before the first incident. */
int report_open(struct report *r);

/* Remember on whose behalf the kernel sends on a connection. */
void report_sender(struct report *r, const struct pf_ev_sender *ev);

int report_incident(struct report *r, const struct pf_incident *inc);

/* From now on incidents are counted but no longer printed: there is no time. */
void report_hush(struct report *r);

/* What waits for a reader of standard output, to be polled. */
struct queue *report_queue(struct report *r);

/* Write what can be written now. */
int report_write(struct report *r);

/* Log that nobody reads the output any more. Returns -EPIPE. */
int report_closed(const struct report *r);

/* Were as many incidents printed as were asked for? Then the report takes no more. */
bool report_full(const struct report *r);

/* Was there an incident at or above fail_on? */
bool report_found(const struct report *r);

/* Print the summary; what the report counted is filled in. */
int report_summary(struct report *r, struct summary *sum);

/* NULL is allowed. */
void report_free(struct report *r);

#endif

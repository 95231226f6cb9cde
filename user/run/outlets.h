/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * outlets - all outputs of a session. Each gets everything, and none that fails or is
 * slow holds up another: without standard output there is no session, without another
 * one the session goes on, and fails at its end. Functions that return int return 0 or
 * -errno, which was logged.
 */
#ifndef PAGEFLIGHT_OUTLETS_H
#define PAGEFLIGHT_OUTLETS_H

#include "outlet.h"
#include "record/writer.h"

#define OUTLETS 6

struct groups;
struct report_opts;

struct outlets {
	const struct report_opts *opts;
	struct outlet at[OUTLETS];	/* standard output is the first */
	size_t n;
	struct outlet *file;		/* of --output; or NULL */
	struct outlet *record;		/* of --record; or NULL */
	struct outlet *metrics;		/* of --metrics; or NULL */
	__u64 next_metrics;
	struct outlet *http;		/* of --listen; or NULL */
	struct writer_opts writer;
	struct groups *groups;		/* of the table */
	bool failed;			/* one did, other than the first */
	__u64 next_said;
};

/* Helper processes are made here. Call outlets_fini() even after a failure. */
int outlets_open(struct outlets *all, const struct report_opts *opts);

/* Print what comes before the first incident. */
int outlets_begin(struct outlets *all);

/* *ret_kept: standard output has it. */
int outlets_incident(struct outlets *all, const struct shown *shown, bool *ret_kept);

int outlets_exposure(struct outlets *all, const struct exposure *e);

int outlets_tick(struct outlets *all, __u64 now);

/* Give the numbers as of now to those who want them meanwhile and whose time it is. */
int outlets_numbers(struct outlets *all, const struct summary *sum, __u64 now);

int outlets_summary(struct outlets *all, const struct summary *sum);

/* Queue a frame for the recording, if there is one: a tap_put_fn. */
bool outlets_record(void *all, __u32 kind, const void *data, size_t len, bool must);

/* Give the process that has the terminal a frame. False: there is none, or it is too slow. */
bool outlets_frame(struct outlets *all, __u32 kind, const void *data, size_t len);

/* The file of --output may have been renamed. Returns whether there is one. */
bool outlets_reopen(struct outlets *all);

/* What has to be polled, and what came of that. */
void outlets_poll(const struct outlets *all, struct pollfd ret_fds[OUTLETS]);
int outlets_polled(struct outlets *all, const struct pollfd fds[OUTLETS]);

/*
 * Write all that waits, and let the helper processes end. stop_fd: a descriptor of
 * signals_open(), by which somebody may urge; *ret_urged tells whether.
 */
int outlets_finish(struct outlets *all, int stop_fd, bool *ret_urged);

void outlets_fini(struct outlets *all);

#endif

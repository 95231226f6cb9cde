/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* state - what a session is while it runs, for the files of this folder. */
#ifndef PAGEFLIGHT_STATE_H
#define PAGEFLIGHT_STATE_H

#include <sys/utsname.h>

#include "base/clock.h"
#include "base/notify.h"
#include "detach.h"
#include "kernel/batch.h"
#include "meter.h"
#include "pageflight.h"
#include "session.h"

/* The most that one round of the loop takes. All of them fit into a batch. */
#define BATCH_RECORDS 256

/*
 * After records were taken, or the first was not submitted yet, the ring buffer is left alone
 * for so long. Its descriptor says that it can be read while any record is there, and a round
 * reads the counters of all programs.
 */
#define REST_NS NSEC_PER_MSEC

#define TICK_NS (NSEC_PER_SEC / 4)
#define NOTICE_NS NSEC_PER_SEC

enum state { RUNNING, SETTLING, DONE };

struct session {
	const struct session_opts *opts;
	struct session_result result;
	struct loader *loader;
	struct detach detach;		/* closes the loader at the end */
	struct pf_engine *engine;
	struct report *report;
	struct tap *tap;		/* of the recording; NULL: there is none */
	__u64 now;			/* of this round of the loop */
	int signal_fd;
	bool interrupted;		/* a signal has ended the session */
	enum state state;
	int err;			/* first failure in a callback */
	__u64 began, ended;
	__u64 next_tick, next_notice;
	__u64 deadline;			/* when the state ends; 0: never */
	__u64 hush_at;			/* no incident is printed after that time; 0: never */
	__u64 fed_ts;			/* time stamp of the last record */
	__u64 to_feed;			/* bytes of the ring buffer when a loss of records was last seen */
	int taken;			/* records of the last round */
	bool more;			/* records are left: the budget of a round was spent */
	bool resting;			/* the ring buffer is left alone for REST_NS */
	__u64 untaken;			/* records that there was no time for */
	struct queue *notices;		/* on their way to stderr */
	__u64 notices_lost;		/* of which stderr has been told */
	struct pf_totals seen;		/* when the counters were last read */
	struct pf_totals noticed;	/* when losses were last reported on stderr */
	struct summary sum;
	struct vitals vitals;
	struct utsname host;
	struct meter meter;
	struct view *view;		/* of top; NULL: nobody looks */
	struct notify notify;		/* who started the service */
	__u64 next_alive;		/* when it has to be told that we are alive; 0: it need not */
	struct batch batch;
};

/* The first failure ends the session. */
void session_abort(struct session *s, int err);

/* What comes out of the engine. */
void session_on_incident(void *ctx, const struct pf_incident *inc);
void session_on_sender(void *ctx, const struct pf_ev_sender *ev);

/* These have logged their error. */
int session_totals(struct session *s);
int session_sweep(const struct session *s, bool last);
int session_engine_failed(int err);

/*
 * Take some of the records that wait, at most BATCH_RECORDS. session.more tells
 * whether there are perhaps others. A failure aborts the session.
 */
void session_take(struct session *s);

/* Tell the engine if it has all records that there were when a loss was last seen. */
void session_caught_up(struct session *s);

/* Until the state is DONE. */
void session_loop(struct session *s);

/* Make what vitals come from; before the loader is opened. */
void session_vitals_open(struct session *s);

/* Race with ourselves, to see whether hooks are called. A failure is said, and is no end. */
void session_test(struct session *s);

/* Load what finds that which top shows, after the loader was opened. 0 or -errno, which was logged. */
int session_view_open(struct session *s);

/* Show what is in flight, if it is time. 0 or -errno, which was logged. */
int session_view_tick(struct session *s, __u64 now);

/* Does somebody want the session to end, or has it shown as much as it should? */
bool session_view_ends(const struct session *s);

/* A line for standard error. False: it is to be written there. */
bool session_view_message(struct session *s, const char *line, size_t len);

void session_view_close(struct session *s);

/* Tell who started the service that we are alive, if it is time. */
void session_tell_alive(struct session *s, __u64 now);

/* What was seen until then. What the report counts is not filled in. */
void session_sum_up(const struct session *s, __u64 until, struct summary *ret_sum);

/* Give numbers to those who want them meanwhile. 0 or -errno, which was logged. */
int session_publish(struct session *s);

/* Report what is left, and the summary. 0 or -errno, which was logged. */
int session_finish(struct session *s);

#endif

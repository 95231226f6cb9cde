/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * review - a recording as a whole, in memory: its incidents as cases, and what the
 * kernel side said of the flights that they are about.
 */
#ifndef PAGEFLIGHT_REVIEW_H
#define PAGEFLIGHT_REVIEW_H

#include "record/replay.h"

/* A case, which is an incident; "case" is a word of the language. Texts are the review's own. */
struct kase {
	__u64 n;
	__u64 wall_ns;
	struct pf_incident inc;		/* without op_rec; the ranges are a copy */
	__u64 began;			/* when the write began, mono; 0: not known */
	char *path;			/* NULL: not known */
	enum path_view view;
	bool deleted;
	char *writer_cgroup, *sender_cgroup;	/* NULL: not known */
	char *module;			/* on whose behalf the kernel sends; NULL: not known */
	char *evidence;			/* of the first range of its verdict */
	char *suspects;			/* "name[pid] name[pid]"; NULL: not sought */
};

/* A flight that a write hit. */
struct flight {
	__u64 op, conn;
	__u64 attached;
	__u64 stream_off, file_off;
	__u32 seq, len;
};

/* What became of a range of a connection: a transmission, a retransmission, the end. */
struct event {
	__u64 conn, ts;
	__u32 seq, len;
	__u32 type;			/* enum pf_event_type */
	__u32 why;			/* enum pf_end of PF_EV_END */
};

/* The counters at one moment. */
struct moment {
	__u64 mono;
	__u64 to_release[PF_HIST_SLOTS];
};

struct review {
	struct reader *r;
	struct replay_result result;
	struct summary sum;
	bool has_summary;
	struct kase *cases;
	size_t n_cases;
	struct flight *flights;		/* by write and connection */
	size_t n_flights;
	struct event *events;		/* by connection, then in their order */
	size_t n_events;
	struct moment *moments;
	size_t n_moments;
	__u64 first_mono, last_mono;	/* of anything */
};

/*
 * Replay it. 0, or -errno and ret_err has one line; what came before a failure is in the
 * review all the same, which is to be freed in any case.
 */
int review_new(struct review **ret_review, struct reader *r, struct err *ret_err);

/* The case of a number; NULL if there is none. */
const struct kase *review_case(const struct review *review, __u64 n);

/* The cases, strongest verdict and most bytes first. The caller frees the list. NULL: no memory. */
const struct kase **review_worst(const struct review *review);

/* The flights of a case, and the events of a connection; NULL if there are none. */
const struct flight *review_flights(const struct review *review, const struct kase *c, size_t *ret_n);
const struct event *review_events(const struct review *review, __u64 conn, size_t *ret_n);

/* A case of an incident that is shown, and the end of it. 0 or -ENOMEM. */
int kase_new(struct kase *ret_case, __u64 n, const struct shown *shown);
void kase_free(struct kase *c);

/* Path for people, or what stands for it. */
const char *kase_file(const struct kase *c, char *buf, size_t size);

/* "name[pid]", or "?". */
const char *kase_task(const struct pf_task *task, const char *module, char *buf, size_t size);

/* "uid 0, runs dd, parent sh[7]"; empty if it is not known. */
const char *kase_who(const struct pf_task *task, const struct pf_who *who, char *buf, size_t size);

/* Path of a cgroup with what its names tell, or what stands for it; empty if nothing is known. */
const char *kase_cgroup(const struct pf_task *task, const struct pf_who *who, const char *path,
			char *buf, size_t size);

/* NULL is allowed. */
void review_free(struct review *review);

#endif

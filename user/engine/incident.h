/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * incident - what the user sees: one write x one connection, with a verdict
 * and its evidence. Plain data and the names of its enums; the engine in
 * engine.c makes incidents, sinks print them.
 */
#ifndef PAGEFLIGHT_INCIDENT_H
#define PAGEFLIGHT_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include "wire.h"

/* Weakest first: comparing two of them compares their strength. */
enum pf_verdict {
	PF_VERDICT_IDENTICAL,
	PF_VERDICT_NEAR_MISS,
	PF_VERDICT_POSSIBLE,
	PF_VERDICT_MIXED,
	PF_VERDICT_CORRUPT,
	PF_VERDICT_MAX
};

/* Why a verdict is what it is. */
enum pf_reason {
	PF_REASON_NONE,
	PF_REASON_UNSENT,		/* not transmitted when the write was complete */
	PF_REASON_UNREAD,		/* not read by the reader on this host by then */
	PF_REASON_RACED,		/* transmitted or read while it was being written */
	PF_REASON_RESENT,		/* transmitted, changed, transmitted again */
	PF_REASON_ACKED,		/* left the host before the change, acknowledged after it */
	PF_REASON_ABORTED,		/* left the host before the change, never acknowledged */
	PF_REASON_IN_HOST,		/* in this host's transmit path as the write began */
	PF_REASON_CARRIED,		/* seen to be copied out changed, and never as it was */
	PF_REASON_UNCHANGED,	/* the bytes are what they were */
	PF_REASON_RESTORED,	/* changed, and changed back before they were copied out */
	PF_REASON_REWRITTEN,	/* changed more than once: the last may be what was meant */
	PF_REASON_UNSEEN,		/* no hook saw the change: its moment is unknown */
	PF_REASON_MMAP_STORE,	/* moment and extent of the change are unknown */
	PF_REASON_UNACKED,		/* neither acknowledged nor resent while it was waited for */
	PF_REASON_EVICTED,		/* too many incidents waiting: not waited for */
	PF_REASON_EVIDENCE_LOST,	/* harmless as far as seen, but records were lost */
	PF_REASON_MAX
};

/* Where the bytes were in their flight. */
enum pf_phase {
	PF_PHASE_QUEUED,
	PF_PHASE_SENT,
	PF_PHASE_RESENT,
	PF_PHASE_HELD,
	PF_PHASE_MAX
};

struct pf_answer {
	enum pf_verdict verdict;
	enum pf_reason reason;
	enum pf_phase phase;
	const char *rule;	/* one sentence: why. Static; each has one verdict and reason */
};

static inline bool pf_answer_equal(const struct pf_answer *a, const struct pf_answer *b)
{
	return a->rule == b->rule && a->phase == b->phase;
}

/* Bytes that lie together in the file and in the stream, with one answer. */
struct pf_range {
	__u64 file_off;
	__u64 stream_off;
	__u64 len;
	struct pf_answer answer;
};

/* Pointers are valid during the call that hands the incident over. */
struct pf_incident {
	__u64 op;
	__u64 conn;
	__u64 ts;		/* CLOCK_MONOTONIC ns: the write was complete */
	struct pf_answer answer;	/* strongest of the ranges */
	__u64 bytes;		/* in the ranges that have this verdict */
	__u64 file_off;		/* from the first such byte ... */
	__u64 file_len;		/* ... to the last one */
	__u64 stream_off;
	__u64 stream_len;
	__u64 age_ns;		/* oldest such byte: from attach to ts */
	struct pf_task writer;
	struct pf_task sender;
	struct pf_tuple tuple;
	__u32 netns;
	__u32 resends;		/* of the connection before, of these bytes after the write */
	__u64 dev;
	__u64 ino;
	bool local;		/* the reader is on this host */
	bool evidence_lost;
	const struct pf_ev_op *op_rec;	/* NULL: the record was lost */
	const struct pf_range *ranges;	/* in stream order */
	size_t n_ranges;
};

/* Nobody was seen. The idle task has number 0 too, but a name. */
static inline bool pf_task_is_nobody(const struct pf_task *task)
{
	return !task->pid && !*task->comm;
}

/* Are the bytes memory of a process, and of no file? */
static inline bool pf_incident_no_file(const struct pf_incident *inc)
{
	return !inc->dev && !inc->ino;
}

/* Names as in the documentation. An out-of-range value gives "unknown". */
const char *pf_verdict_name(enum pf_verdict verdict);
const char *pf_reason_name(enum pf_reason reason);
const char *pf_phase_name(enum pf_phase phase);
const char *pf_writer_how_name(__u32 how);
const char *pf_sender_how_name(__u32 how);
const char *pf_content_name(int content);	/* enum pf_content */

/* Verdict names, PF_VERDICT_MAX of them, weakest first. */
extern const char *const pf_verdict_names[];

/* Names of the content modes, PF_CONTENT_MAX of them. */
extern const char *const pf_content_names[];

#endif

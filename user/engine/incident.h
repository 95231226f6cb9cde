/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * incident - what the user sees: one write x one connection, with a verdict
 * and its evidence. Plain data and the names of its enums; the engine in
 * verdict.c makes incidents, sinks print them.
 */
#ifndef PAGEFLIGHT_INCIDENT_H
#define PAGEFLIGHT_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include "wire.h"

/* Weakest first: comparing two of them compares their strength. */
enum verdict_kind {
	VERDICT_IDENTICAL,
	VERDICT_NEAR_MISS,
	VERDICT_POSSIBLE,
	VERDICT_MIXED,
	VERDICT_CORRUPT,
	VERDICT_MAX
};

/* Why a verdict is what it is. */
enum reason {
	REASON_NONE,
	REASON_UNSENT,		/* not transmitted when the write was complete */
	REASON_UNREAD,		/* not read by the reader on this host by then */
	REASON_RACED,		/* transmitted or read while it was being written */
	REASON_RESENT,		/* transmitted, changed, transmitted again */
	REASON_ACKED,		/* left the host before the change, acknowledged after it */
	REASON_ABORTED,		/* left the host before the change, never acknowledged */
	REASON_IN_HOST,		/* in this host's transmit path as the write began */
	REASON_CARRIED,		/* seen to be copied out changed, and never as it was */
	REASON_UNCHANGED,	/* the bytes are what they were */
	REASON_RESTORED,	/* changed, and changed back before they were copied out */
	REASON_REWRITTEN,	/* changed more than once: the last may be what was meant */
	REASON_UNSEEN,		/* no hook saw the change: its moment is unknown */
	REASON_MMAP_STORE,	/* moment and extent of the change are unknown */
	REASON_UNACKED,		/* neither acknowledged nor resent while it was waited for */
	REASON_EVICTED,		/* too many incidents waiting: not waited for */
	REASON_EVIDENCE_LOST,	/* harmless as far as seen, but records were lost */
	REASON_MAX
};

/* Where the bytes were in their flight. */
enum phase {
	PHASE_QUEUED,
	PHASE_SENT,
	PHASE_RESENT,
	PHASE_HELD,
	PHASE_MAX
};

struct answer {
	enum verdict_kind verdict;
	enum reason reason;
	enum phase phase;
	const char *rule;	/* one sentence: why. Static; each has one verdict and reason */
};

static inline bool answer_equal(const struct answer *a, const struct answer *b)
{
	return a->rule == b->rule && a->phase == b->phase;
}

/* Bytes that lie together in the file and in the stream, with one answer. */
struct incident_range {
	__u64 file_off;
	__u64 stream_off;
	__u64 len;
	struct answer answer;
};

/* Whose mount table gave the path. */
enum path_view {
	PATH_UNKNOWN,		/* no mount found: path is "[major:minor]/..." */
	PATH_SELF,
	PATH_WRITER,
	PATH_SENDER,
};

/* Who has the bytes mapped shared and writable, when that is what is known of the writer. */
struct suspect {
	__u32 pid;
	char comm[PF_COMM_LEN];
};

#define SUSPECTS_MAX 64

struct kallsyms;

/* Pointers are valid during the call that hands the incident over. */
struct incident {
	__u64 op;
	__u64 conn;
	__u64 ts;		/* CLOCK_MONOTONIC ns: the write was complete */
	struct answer answer;	/* strongest of the ranges */
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
	const struct incident_range *ranges;	/* in stream order */
	size_t n_ranges;

	/* The engine leaves these zero; session.c fills them in for the sinks. */
	__u64 wall_ns;		/* ts as UTC since the epoch */
	const char *path;	/* raw bytes, any but NUL; NULL: not known */
	enum path_view view;
	bool deleted;
	bool suspects_sought;	/* else there is no need for them */
	const struct suspect *suspects;
	size_t n_suspects;
	bool suspects_cut;	/* there may be more */
	const char *sender_module;	/* on whose behalf the kernel sends; NULL: not known */
	const struct kallsyms *kallsyms;	/* for the writer's stack; NULL: not known */
};

/* Nobody was seen. The idle task has number 0 too, but a name. */
static inline bool task_is_nobody(const struct pf_task *task)
{
	return !task->pid && !*task->comm;
}

/* Are the bytes memory of a process, and of no file? */
static inline bool incident_no_file(const struct incident *inc)
{
	return !inc->dev && !inc->ino;
}

/* Names as in the documentation. An out-of-range value gives "unknown". */
const char *verdict_name(enum verdict_kind verdict);
const char *reason_name(enum reason reason);
const char *phase_name(enum phase phase);
const char *writer_how_name(__u32 how);
const char *sender_how_name(__u32 how);
const char *content_name(int content);	/* enum pf_content */
const char *path_view_name(enum path_view view);

/* Verdict names, VERDICT_MAX of them, weakest first. */
extern const char *const verdict_names[];

/* Names of the content modes, PF_CONTENT_MAX of them. */
extern const char *const content_names[];

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * pageflight.h - the engine of pageflight as a library: records of the kernel
 * side go in, incidents come out. An incident says that one write changed bytes
 * that one TCP connection still held by reference, and what became of them.
 *
 * The engine has no clock, does no I/O and has no globals. Time is what its
 * input says, in nanoseconds of CLOCK_MONOTONIC. Whoever feeds the same input in
 * the same order gets the same incidents. Engines are independent of each other;
 * one engine is used by one thread at a time.
 *
 * Input, in the order in which it happened:
 *   pf_engine_totals()	what the kernel side has counted, before a batch of records
 *   pf_engine_feed()	each record of the batch
 *   pf_engine_caught_up()	after the batch
 *   pf_engine_tick()	the time, a few times a second
 *   pf_engine_end()	when the run was to end
 *   pf_engine_flush()	no more input
 *
 * The layout of the structures is that of this version: there is no promise
 * before 1.0, and the library is static.
 */
#ifndef PAGEFLIGHT_H
#define PAGEFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include "wire.h"

#define PF_API __attribute__((visibility("default")))

/* What the peer got. Weakest first: comparing two of them compares their strength. */
enum pf_verdict {
	PF_VERDICT_IDENTICAL,
	PF_VERDICT_NEAR_MISS,
	PF_VERDICT_POSSIBLE,
	PF_VERDICT_MIXED,
	PF_VERDICT_CORRUPT,
	PF_VERDICT_MAX
};

/* Why a verdict is what it is; docs/verdicts.md has the evidence for each. */
enum pf_reason {
	PF_REASON_NONE,
	PF_REASON_UNSENT,	/* not transmitted when the write was complete */
	PF_REASON_UNREAD,	/* not read by the reader on this host by then */
	PF_REASON_RACED,	/* transmitted or read while it was being written */
	PF_REASON_RESENT,	/* transmitted, changed, transmitted again */
	PF_REASON_ACKED,	/* left the host before the change, acknowledged after it */
	PF_REASON_ABORTED,	/* left the host before the change, never acknowledged */
	PF_REASON_IN_HOST,	/* in this host's transmit path as the write began */
	PF_REASON_CARRIED,	/* seen to be copied out changed, and never as it was */
	PF_REASON_UNCHANGED,	/* the bytes are what they were */
	PF_REASON_RESTORED,	/* changed, and changed back before they were copied out */
	PF_REASON_REWRITTEN,	/* changed more than once: the last may be what was meant */
	PF_REASON_UNSEEN,	/* no hook saw the change: its moment is unknown */
	PF_REASON_MMAP_STORE,	/* moment and extent of the change are unknown */
	PF_REASON_UNACKED,	/* neither acknowledged nor resent while it was waited for */
	PF_REASON_EVICTED,	/* too many incidents waiting: not waited for */
	PF_REASON_EVIDENCE_LOST,	/* harmless as far as seen, but records were lost */
	PF_REASON_MAX
};

/*
 * Where the bytes were in their flight: before or behind snd_nxt and snd_una of
 * struct tcp_sock, which are SND.NXT and SND.UNA of RFC 9293, 3.3.1.
 */
enum pf_phase {
	PF_PHASE_QUEUED,	/* at or behind snd_nxt: not transmitted */
	PF_PHASE_SENT,		/* transmitted, not acknowledged */
	PF_PHASE_RESENT,	/* transmitted again after the change */
	PF_PHASE_HELD,		/* acknowledged, but not read by the reader on this host */
	PF_PHASE_MAX
};

/*
 * What was learned of bytes in question, as a set of bits: the evidence behind
 * a verdict beside the two states of the connection around the write.
 */
enum pf_mark {
	PF_MARK_MEANT = 1u << 0,	/* the write left these bytes as the socket took them */
	PF_MARK_RESTORED = 1u << 1,	/* they were changed back before any copy was made */
	PF_MARK_MENDED = 1u << 2,	/* what is copied from then on is as the socket took it */
	PF_MARK_UNSURE = 1u << 3,	/* they were changed back, perhaps in time */
	PF_MARK_REWRITTEN = 1u << 4,	/* written again: perhaps they are right again */
	PF_MARK_COVERED = 1u << 5,	/* a write that a hook saw may cover an announced store */
	PF_MARK_TORN = 1u << 6,		/* a change was found twice: perhaps seen half done */
	PF_MARK_BLURRED = 1u << 7,	/* they changed between a copy and the look at it */
	PF_MARK_STORED = 1u << 8,	/* the store that a page fault announced was found */
	PF_MARK_RESENT = 1u << 9,	/* retransmitted since, and not mended by then */
	PF_MARK_RESENT_MENDED = 1u << 10,	/* retransmitted since they were mended */
	PF_MARK_COPIED_MEANT = 1u << 11,	/* a copy since had what the socket took, */
	PF_MARK_COPIED_BEFORE = 1u << 12,	/* ... what was there before the write, */
	PF_MARK_COPIED_AFTER = 1u << 13,	/* ... what the write left, */
	PF_MARK_COPIED_OTHER = 1u << 14,	/* ... what somebody left who came later */
	PF_MARK_END_SEEN = 1u << 15,	/* the bytes were known when their flight ended */
	PF_MARK_LOST = 1u << 16,	/* records were lost that may have told of them */
	PF_MARK_TIMED_OUT = 1u << 17,	/* not waited for any longer */
	PF_MARK_EVICTED = 1u << 18,	/* not waited for, to make room */
};

#define PF_MARKS 19	/* how many there are */

/* What is said of one byte. */
struct pf_answer {
	enum pf_verdict verdict;
	enum pf_reason reason;
	enum pf_phase phase;
	const char *rule;	/* one sentence: why. Static; each has one verdict and reason */
};

/* Bytes that lie together in the file and in the stream, with one answer. */
struct pf_range {
	__u64 file_off;		/* bytes from the start of the file */
	__u64 stream_off;	/* bytes from the first of the connection's stream */
	__u64 len;		/* bytes, at least 1 */
	struct pf_answer answer;
	__u32 marks;		/* enum pf_mark: of any of these bytes */
	const void *source;	/* for pf_range_evidence(); NULL: the range was made by hand */
};

/* Who reads a connection, as far as it is known. */
enum pf_reader {
	PF_READER_UNKNOWN,
	PF_READER_HERE,		/* a socket on this host */
	PF_READER_ELSEWHERE,
};

/*
 * One write x one connection. Pointers in it are valid during the call that
 * hands the incident over.
 */
struct pf_incident {
	__u64 op;		/* identity of the write, never reused in a run */
	__u64 conn;		/* identity of the connection, never reused */
	__u64 ts;		/* ns of CLOCK_MONOTONIC: the write was complete */
	struct pf_answer answer;	/* strongest of the ranges */
	__u64 bytes;		/* in the ranges that have this verdict */
	__u64 file_off;		/* from the first such byte ... */
	__u64 file_len;		/* ... to the last one */
	__u64 stream_off;
	__u64 stream_len;
	__u64 age_ns;		/* oldest such byte: from attach to ts */
	/* Moments of CLOCK_MONOTONIC. */
	__u64 attached_first;	/* when the socket took the oldest such byte, */
	__u64 attached_last;	/* ... and the newest */
	__u64 began;		/* when the write began; 0: not known */
	__u64 ended;		/* the end of the last flight of such bytes; 0: not all were seen to end */
	__u32 end;		/* how that one ended: enum pf_end; 0: not known */
	struct pf_task writer;
	struct pf_task sender;
	struct pf_who writer_who;	/* only if writer.flags has PF_TASK_WHO */
	struct pf_who sender_who;	/* the same of the sender */
	struct pf_tuple tuple;
	__u32 netns;		/* inode number of the connection's network namespace */
	__u32 resends;		/* of the connection before, of these bytes after the write */
	__u64 dev;		/* as in struct pf_ev_hit */
	__u64 ino;		/* dev and ino are 0 for memory of no file */
	enum pf_reader reader;
	bool evidence_lost;	/* something about this incident was not seen */
	const struct pf_ev_op *op_rec;	/* NULL: the record was lost */
	const struct pf_range *ranges;	/* in stream order; never empty */
	size_t n_ranges;
};

/* What programs are for: the first word of their role in the hook table. */
#define PF_ROLES(role)									\
	role(attach) role(ack) role(release) role(peer) role(abort) role(resend) role(write)

#define PF_ROLE_ENUM(name) PF_ROLE_##name,
enum pf_role { PF_ROLES(PF_ROLE_ENUM) PF_ROLE_MAX };

/* What the kernel side has counted so far, summed over the CPUs. Only differences matter. */
struct pf_totals {
	struct pf_stats stats;
	__u64 in_flight;	/* flights in the pool now */
	__u64 conns;		/* connections followed now */
	__u64 missed;		/* invocations skipped: recursion_misses of struct bpf_prog_info */
	__u64 missed_by[PF_ROLE_MAX];	/* those of known role: each weakens what it can hide */
	__u32 refused_user;	/* the last one that had its share of something; 0: none */
	__u32 pad;
};

#define PF_ENGINE_SETTLE_NS 2000000000ull
#define PF_ENGINE_MAX_WAITING 131072u

struct pf_engine_config {
	__u64 settle_ns;	/* how long to wait for an ACK after the write; 0: the default */
	size_t max_waiting;	/* byte ranges and writes that wait at once, of about 250 bytes; */
				/* beyond it the oldest is reported as it is. 0: the default */

	/* Called as soon as an incident is complete. It must not call the engine. */
	void (*on_incident)(void *ctx, const struct pf_incident *inc);

	/* Called for each such record, for which the engine has no use. NULL: not wanted. */
	void (*on_sender)(void *ctx, const struct pf_ev_sender *ev);

	void *ctx;		/* of both */
};

struct pf_engine;

/* Make an engine. Returns 0, or -ENOMEM and leaves *ret_engine alone. */
PF_API int pf_engine_new(struct pf_engine **ret_engine, const struct pf_engine_config *cfg);

/* Forget everything without reporting it. NULL is allowed. */
PF_API void pf_engine_free(struct pf_engine *engine);

/*
 * Take one record of `size` bytes: check its form, and only then follow what is
 * in it. Data has to be aligned to 8 bytes. Returns
 *   0		it was taken
 *   -EBADMSG	it was refused: pf_engine_refusal() says why. It counts as lost
 *   -ENOMEM	the engine can only be freed now
 */
PF_API int pf_engine_feed(struct pf_engine *engine, const void *data, size_t size);

/* What was wrong with the record that was refused last, for a message; NULL: none was. */
PF_API const char *pf_engine_refusal(const struct pf_engine *engine);

/*
 * Take what the kernel side has counted, to be called before the records that
 * may have been sent by then are fed. If a record was lost that may have told of a
 * retransmission or a copy, then neither what waits now nor what comes until
 * pf_engine_caught_up() can become harmless any more. Returns whether one was.
 */
PF_API bool pf_engine_totals(struct pf_engine *engine, const struct pf_totals *totals);

/* All records that there were at the last totals were fed: what comes now was not lost then. */
PF_API void pf_engine_caught_up(struct pf_engine *engine);

/* It is now_ns: report what has waited for settle_ns. Returns 0, or -ENOMEM as above. */
PF_API int pf_engine_tick(struct pf_engine *engine, __u64 now_ns);

/*
 * The run has ended at ended_ns: writes after that are no incidents any more, but
 * still tell what became of the bytes that wait.
 */
PF_API void pf_engine_end(struct pf_engine *engine, __u64 ended_ns);

/* Report everything that waits, as far as it is known. Returns 0, or -ENOMEM as above. */
PF_API int pf_engine_flush(struct pf_engine *engine);

/* Incidents that wait. */
PF_API size_t pf_engine_waiting(const struct pf_engine *engine);

/* Incidents that were reported early because max_waiting was reached. */
PF_API __u64 pf_engine_evicted(const struct pf_engine *engine);

/* Records that were refused. */
PF_API __u64 pf_engine_refused(const struct pf_engine *engine);

/* Bytes of the longest flight: the largest page size Linux has. */
#define PF_FLIGHT_MAX 65536u

/*
 * Check the form of one record, as pf_engine_feed() does, for somebody who looks at
 * records without an engine. Returns data, or NULL if the record is refused.
 */
PF_API const struct pf_event *pf_record_check(const void *data, size_t size);

/* Names as in docs/events.md; static. A value that does not exist gives "unknown". */
PF_API const char *pf_verdict_name(enum pf_verdict verdict);
PF_API const char *pf_reason_name(enum pf_reason reason);
PF_API const char *pf_phase_name(enum pf_phase phase);
PF_API const char *pf_writer_how_name(__u32 how);	/* enum pf_writer_how */
PF_API const char *pf_sender_how_name(__u32 how);	/* enum pf_sender_how */
PF_API const char *pf_end_name(__u32 end);		/* enum pf_end */
PF_API const char *pf_content_name(int content);	/* enum pf_content */
PF_API const char *pf_mark_name(__u32 mark);		/* one bit of enum pf_mark */

/* The names of verdicts, weakest first, and of content modes, by number. */
PF_API extern const char *const pf_verdict_names[PF_VERDICT_MAX];
PF_API extern const char *const pf_content_names[PF_CONTENT_MAX];

/* Long enough for pf_range_evidence(). */
#define PF_EVIDENCE_LEN 512

/*
 * The evidence of the range's first byte as text: where the connection stood
 * around the write, in bytes from this one, what the fingerprints say, and its
 * marks. Cut if it does not fit; empty if source is NULL. Returns buf.
 */
PF_API char *pf_range_evidence(const struct pf_range *range, char *buf, size_t size);

/*
 * The path of a record that was not refused, below the root of its file system:
 * starts with '/', or is empty with PF_OP_NO_PATH, as that of a block device is.
 */
static inline const char *pf_op_path(const struct pf_ev_op *ev)
{
	return ev->path + ev->path_at;
}

/* Nobody was seen. The idle task has number 0 too, but a name. */
static inline bool pf_task_is_nobody(const struct pf_task *task)
{
	return !task->pid && !*task->comm;
}

/*
 * A page changed of which every way to change it is known, and none of them was taken: the
 * kernel has a fault, or pageflight.
 */
static inline bool pf_incident_is_alarm(const struct pf_incident *inc)
{
	return inc->op_rec && inc->op_rec->flags & PF_OP_UNKNOWN;
}

/* Are the bytes memory of a process, and of no file? */
static inline bool pf_incident_no_file(const struct pf_incident *inc)
{
	return !inc->dev && !inc->ino;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * judge - what happened to one byte of a flight, from the evidence at hand.
 * Every verdict comes from judge_byte().
 */
#ifndef PAGEFLIGHT_JUDGE_H
#define PAGEFLIGHT_JUDGE_H

#include "incident.h"

/* What copies made since were seen to carry: a set. */
#define SENT_MEANT 1u	/* what the socket took */
#define SENT_OLD   2u	/* what was there before the write */
#define SENT_NEW   4u	/* what the write left */
#define SENT_OTHER 8u	/* what somebody left who came later */

struct evidence {
	__u32 how;			/* PF_WRITE_* */
	__u32 flags;			/* PF_HIT_* */
	struct pf_progress before;	/* not valid with PF_HIT_NO_BEFORE */
	struct pf_progress after;
	/* Fingerprints of the flight, as in pf_ev_hit; 0: none. */
	__u64 fp;
	__u64 fp_before;
	__u64 fp_after;
	__u32 sent;			/* SENT_* */
	__u32 end;			/* PF_END_* seen since, or 0 */
	bool looked_at_end;		/* and its bytes were known then */
	bool meant;			/* the write left these bytes as the socket took them */
	bool resent;			/* retransmitted since, and not mended before */
	bool resent_mended;		/* retransmitted since it was mended */
	bool mended;			/* what is copied from now on is as meant again */
	bool torn;			/* found changed again: perhaps it was caught half done */
	bool stored;			/* of PF_WRITE_MMAP: a change was found; `before` is then */
	bool restored;			/* changed back before it was copied out at all */
	bool unsure;			/* changed back, perhaps in time */
	bool rewritten;			/* written again: this byte alone may be right again */
	bool lost;			/* records were lost since, or PF_HIT_LOST */
	enum pf_reason gave_up;		/* not waited for any longer: UNACKED or EVICTED */
};

/* Which of them a fingerprint seen later is. */
__u32 judge_sent(const struct evidence *ev, __u64 fp);

/* Did the write leave its bytes as the socket took them? */
bool judge_restores(const struct evidence *ev);

/*
 * If it did: was no copy made of the byte before it was complete (1), were all
 * that can have been on their way made before it began (-1), or is that not
 * known (0)?
 */
int judge_in_time(const struct evidence *ev, __u32 seq);

enum judgement {
	JUDGE_GONE,	/* the byte was not in flight any more when the write began */
	JUDGE_WAIT,	/* what happens next decides; the answer is what is true so far */
	JUDGE_FINAL,
};

/* Decide the byte with this sequence number. The answer is set unless GONE. */
enum judgement judge_byte(const struct evidence *ev, __u32 seq, struct pf_answer *ret_answer);

#define JUDGE_CUTS_MAX 6

/*
 * Where the answer may change inside of [seq, seq + len): offsets from seq,
 * ascending, each in 1 .. len - 1. Returns how many; some may be needless.
 */
unsigned int judge_cuts(const struct evidence *ev, __u32 seq, __u32 len,
			__u32 ret_cuts[JUDGE_CUTS_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * judge - what happened to one byte of a flight, from the evidence at hand.
 *
 * Every verdict comes from judge_byte(). New kinds of evidence, such as
 * fingerprints of the content, become fields of struct evidence and branches
 * there, and nothing else has to change.
 */
#ifndef PAGEFLIGHT_JUDGE_H
#define PAGEFLIGHT_JUDGE_H

#include "incident.h"

struct evidence {
	__u32 how;			/* PF_WRITE_* */
	__u32 flags;			/* PF_HIT_* */
	struct pf_progress before;	/* not valid with PF_HIT_NO_BEFORE */
	struct pf_progress after;
	__u32 end;			/* PF_END_* seen since, or 0 */
	bool resent;			/* retransmitted since */
	bool lost;			/* records were lost since, or PF_HIT_LOST */
	enum reason gave_up;		/* not waited for any longer: UNACKED or EVICTED */
};

enum judgement {
	JUDGE_GONE,	/* the byte was not in flight any more when the write began */
	JUDGE_WAIT,	/* what happens next decides; the answer is what is true so far */
	JUDGE_FINAL,
};

/* Decide the byte with this sequence number. The answer is set unless GONE. */
enum judgement judge_byte(const struct evidence *ev, __u32 seq, struct answer *ret_answer);

#define JUDGE_CUTS_MAX 6

/*
 * Where the answer may change inside of [seq, seq + len): offsets from seq,
 * ascending, each in 1 .. len - 1. Returns how many; some may be needless.
 */
unsigned int judge_cuts(const struct evidence *ev, __u32 seq, __u32 len,
			__u32 ret_cuts[JUDGE_CUTS_MAX]);

#endif

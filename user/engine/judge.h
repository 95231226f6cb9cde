/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * judge - what happened to one byte of a flight, from the evidence at hand.
 * Every verdict comes from judge_byte().
 */
#ifndef PAGEFLIGHT_JUDGE_H
#define PAGEFLIGHT_JUDGE_H

#include "evidence.h"

/* Did the write leave its bytes as the socket took them? */
bool judge_restores(const struct evidence *ev);

/* When a write that restores bytes was made, by the copies of one of them. */
enum timing {
	NOT_KNOWN,
	IN_TIME,	/* the write was complete before any copy was made */
	TOO_LATE,	/* all copies on their way were made before the write began */
};

/* When did a write that restores bytes restore the one with this sequence number? */
enum timing judge_in_time(const struct evidence *ev, __u32 seq);

enum decision {
	DECISION_GONE,	/* the byte was not in flight any more when the write began */
	DECISION_WAIT,	/* a later record decides; the answer is what is true so far */
	DECISION_FINAL,
};

/* Decide the byte with this sequence number. The answer is set unless it is GONE. */
enum decision judge_byte(const struct evidence *ev, __u32 seq, struct pf_answer *ret_answer);

#define JUDGE_CUTS_MAX 6

/*
 * Where the answer may change inside of [seq, seq + len): offsets from seq,
 * ascending, each in 1 .. len - 1. Returns how many; some may be needless.
 */
unsigned int judge_cuts(const struct evidence *ev, __u32 seq, __u32 len,
			__u32 ret_cuts[JUDGE_CUTS_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * rules - why a verdict was given: one sentence for each place in judge.c that
 * gives one. A rule fixes its verdict and its reason, so the three can not
 * disagree. docs/verdicts.md has every sentence; tests/lint.d/rules compares.
 */
#ifndef PAGEFLIGHT_RULES_H
#define PAGEFLIGHT_RULES_H

#include "pageflight.h"

/* R(id, verdict, reason, sentence about the bytes: 60 characters at most) */
#define RULES(R) \
	/* corrupt */ \
	R(UNSENT, CORRUPT, UNSENT, "not transmitted when the write was complete") \
	R(UNSENT_LOCAL, CORRUPT, UNSENT, \
	  "queued for the local reader when the write was complete") \
	R(UNCOPIED, CORRUPT, UNSENT, "not copied by the device when the write was complete") \
	R(UNREAD, CORRUPT, UNREAD, "not read by the local reader when the write was complete") \
	R(COPIED_CHANGED, CORRUPT, CARRIED, "every copy since the write had changed bytes") \
	/* mixed */ \
	R(RESENT, MIXED, RESENT, "transmitted before the write and retransmitted after it") \
	R(RESENT_BACK, MIXED, RESENT, "transmitted changed, put back, and retransmitted") \
	R(COPIED_TWICE, MIXED, RESENT, "copied before the write, and copied again changed") \
	R(COPIED_BOTH, MIXED, RESENT, "copied since the write both changed and unchanged") \
	/* possible: raced */ \
	R(READ_MEANWHILE, POSSIBLE, RACED, "read by the local reader while the write ran") \
	R(DROPPED_MEANWHILE, POSSIBLE, RACED, \
	  "dropped unread by the local reader while the write ran") \
	R(COPIED_MEANWHILE, POSSIBLE, RACED, "copied by the device while the write ran") \
	R(ENDED_UNCOPIED, POSSIBLE, RACED, "released while the write ran, perhaps copied by then") \
	R(SENT_MEANWHILE, POSSIBLE, RACED, "transmitted while the write ran") \
	R(ENDED_UNSENT, POSSIBLE, RACED, \
	  "released while the write ran, perhaps transmitted by then") \
	R(RESENT_MEANWHILE, POSSIBLE, RACED, "perhaps retransmitted while the write ran") \
	R(RECOPIED_MEANWHILE, POSSIBLE, RACED, "perhaps copied again while the write ran") \
	R(TAKEN_MEANWHILE, POSSIBLE, RACED, "taken by the socket while the write ran") \
	R(TORN, POSSIBLE, RACED, "found changed twice, perhaps seen half written") \
	R(BLURRED, POSSIBLE, RACED, "changed between a copy and the look at that copy") \
	R(BACK_UNSURE, POSSIBLE, RACED, "put back, perhaps only after it was copied out") \
	R(RESENT_UNSURE, POSSIBLE, RACED, "put back, perhaps only after it was retransmitted") \
	R(READ_AFTER_ALL, POSSIBLE, RACED, "read on this host after all, when is not known") \
	/* possible, for other reasons */ \
	R(IN_HOST, POSSIBLE, IN_HOST, "in this host's transmit path as the write began") \
	R(RESENT_IN_HOST, POSSIBLE, IN_HOST, "in this host as the write began, and retransmitted") \
	R(PERHAPS_COPIED, POSSIBLE, IN_HOST, "unread by a local reader that perhaps got a copy") \
	R(DROPPED_IN_HOST, POSSIBLE, IN_HOST, \
	  "reset while packets with it were perhaps in this host") \
	R(REWRITTEN, POSSIBLE, REWRITTEN, \
	  "written again before it was copied, perhaps made right") \
	R(RESENT_REWRITTEN, POSSIBLE, REWRITTEN, \
	  "written again, perhaps made right, and retransmitted") \
	R(RECOPIED_REWRITTEN, POSSIBLE, REWRITTEN, \
	  "copied again after a second write, perhaps made right") \
	R(COPIED_REWRITTEN, POSSIBLE, REWRITTEN, \
	  "copied only after a second write, perhaps made right") \
	R(UNSEEN, POSSIBLE, UNSEEN, "changed unseen, and found when it had been transmitted") \
	R(MADE_WRITABLE, POSSIBLE, MMAP_STORE, \
	  "made writable through a mapping, its store not seen") \
	R(UNACKED, POSSIBLE, UNACKED, \
	  "transmitted before the write, its acknowledgement not seen") \
	R(COPIED_UNACKED, POSSIBLE, UNACKED, \
	  "copied before the write, its acknowledgement not seen") \
	R(EVICTED, POSSIBLE, EVICTED, "transmitted before the write, then evicted to make room") \
	R(COPIED_EVICTED, POSSIBLE, EVICTED, "copied before the write, then evicted to make room") \
	R(GONE_OUT_LOST, POSSIBLE, EVIDENCE_LOST, \
	  "out of this host before the write, but records were lost") \
	R(COPIED_LOST, POSSIBLE, EVIDENCE_LOST, "copied before the write, but records were lost") \
	R(UNCOPIED_LOST, POSSIBLE, EVIDENCE_LOST, \
	  "not seen copied changed, but records were lost") \
	R(NO_STORE_LOST, POSSIBLE, EVIDENCE_LOST, \
	  "made writable, no store found, but records were lost") \
	/* near-miss */ \
	R(ACKED, NEAR_MISS, ACKED, "out of this host before the write, and acknowledged since") \
	R(ABORTED, NEAR_MISS, ABORTED, "out of this host before the write, and dropped since") \
	R(COPIED_ACKED, NEAR_MISS, ACKED, \
	  "copied before the write, not changed since, acknowledged") \
	R(COPIED_ABORTED, NEAR_MISS, ABORTED, \
	  "copied before the write, not changed since, dropped") \
	R(NEVER_COPIED, NEAR_MISS, ABORTED, "dropped before the device copied it") \
	R(BACK_IN_TIME, NEAR_MISS, RESTORED, "put back before it was copied out") \
	R(COPIED_UNCHANGED, NEAR_MISS, RESTORED, "every copy since the write had unchanged bytes") \
	/* identical */ \
	R(UNCHANGED, IDENTICAL, UNCHANGED, "the same fingerprint before and after the write") \
	R(MEANT, IDENTICAL, UNCHANGED, "written with the bytes that the socket had taken") \
	R(NO_STORE, IDENTICAL, UNCHANGED, "made writable, and no store found until its release") \
	R(MEANT_AGAIN, IDENTICAL, RESTORED, "written back to the bytes that the socket had taken") \
	R(RESTORES, IDENTICAL, RESTORED, "its piece became again what the socket had taken")

#define RULE_ENUM(id, verdict, reason, text) RULE_##id,
enum rule {
	RULES(RULE_ENUM)
	RULE_MAX
};

static inline bool answer_equal(const struct pf_answer *a, const struct pf_answer *b)
{
	return a->rule == b->rule && a->phase == b->phase;
}

/* What this rule says of bytes in this phase. */
struct pf_answer rule_answer(enum rule rule, enum pf_phase phase);

#endif

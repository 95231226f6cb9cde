// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * judge.c - the rules behind the verdicts.
 *
 * A write takes time, from `before` to `after`, and only what is true for all of
 * that time is certain. A byte that was not transmitted when the write was complete
 * goes out new. A byte that had left this host when the write began went out old.
 * What moved in between is a race that no hook can decide.
 *
 * Weak spot: whether a byte has left this host is read from the clones of the skb
 * that waits for its acknowledgement. A driver that references the frags itself and
 * frees the clone hides what it still has to send.
 */
#include "judge.h"

#include "rules.h"
#include "seq.h"

#define COPIED_CHANGED (PF_MARK_COPIED_AFTER | PF_MARK_COPIED_OTHER)
#define COPIED_RIGHT (PF_MARK_COPIED_MEANT | PF_MARK_COPIED_BEFORE)

static bool is_local(const struct evidence *ev)
{
	return ev->flags & PF_HIT_LOCAL;
}

/* Whether the reader on this host gets the very pages, and all of them, is not known. */
static bool is_unsure(const struct evidence *ev)
{
	return is_local(ev) && ev->flags & (PF_HIT_UNSURE | PF_HIT_COLLAPSED);
}

/*
 * A peer elsewhere has a copy of what it acknowledged. The reader on this host has
 * a copy of what it has read: its receive queue still references the page.
 */
static bool was_over(const struct evidence *ev, __u32 seq)
{
	if (ev->flags & PF_HIT_NO_BEFORE)
		return false;
	return seq_before(seq, is_local(ev) ? ev->before.read : ev->before.una);
}

static enum pf_phase phase_at(const struct evidence *ev, const struct pf_progress *at, __u32 seq)
{
	if (!seq_before(seq, at->nxt))
		return PF_PHASE_QUEUED;
	return is_local(ev) && seq_before(seq, at->una) ? PF_PHASE_HELD : PF_PHASE_SENT;
}

static enum decision settle(struct pf_answer *ret, enum rule rule, enum pf_phase phase)
{
	*ret = rule_answer(rule, phase);
	return DECISION_FINAL;
}

static bool is_given_up(const struct evidence *ev)
{
	return marked(ev, PF_MARK_TIMED_OUT | PF_MARK_EVICTED);
}

/* No later record can change the answer. */
static bool is_settled(const struct evidence *ev)
{
	return !ev->fp || ev->end || is_given_up(ev);
}

/*
 * Bytes that were not copied out when the write was complete go out new, unless
 * somebody changes them back first. Only fingerprints tell that somebody did.
 */
static enum decision judge_uncopied(const struct evidence *ev, enum rule rule, enum pf_phase phase,
				    struct pf_answer *ret)
{
	if (marked(ev, PF_MARK_RESTORED))
		return settle(ret, RULE_BACK_IN_TIME, phase);
	if (marked(ev, PF_MARK_UNSURE))
		return settle(ret, RULE_BACK_UNSURE, phase);
	if (marked(ev, PF_MARK_REWRITTEN))
		return settle(ret, RULE_REWRITTEN, phase);
	if (marked(ev, PF_MARK_RESENT_MENDED))
		return settle(ret, RULE_RESENT_BACK, PF_PHASE_RESENT);
	settle(ret, rule, phase);
	return is_settled(ev) ? DECISION_FINAL : DECISION_WAIT;
}

static enum decision judge_local(const struct evidence *ev, __u32 seq, struct pf_answer *ret)
{
	if (seq_before(seq, ev->after.read))
		return settle(ret, RULE_READ_MEANWHILE, phase_at(ev, &ev->before, seq));
	/* A flight that ended unread during the write was dropped with its socket. */
	if (ev->flags & PF_HIT_ENDED)
		return settle(ret, RULE_DROPPED_MEANWHILE, phase_at(ev, &ev->before, seq));
	if (!seq_before(seq, ev->after.nxt))
		return judge_uncopied(ev, RULE_UNSENT_LOCAL, PF_PHASE_QUEUED, ret);
	return judge_uncopied(ev, is_unsure(ev) ? RULE_PERHAPS_COPIED : RULE_UNREAD,
			      phase_at(ev, &ev->after, seq), ret);
}

/* The device copied the byte before the write began. */
static enum decision judge_device_before(const struct evidence *ev, enum pf_phase phase,
					 struct pf_answer *ret)
{
	if (marked(ev, COPIED_CHANGED) && marked(ev, PF_MARK_REWRITTEN))
		return settle(ret, RULE_RECOPIED_REWRITTEN, phase);
	if (marked(ev, COPIED_CHANGED)) {
		settle(ret, RULE_COPIED_TWICE, PF_PHASE_RESENT);
		return evidence_is_unseen(ev) && !is_settled(ev) ? DECISION_WAIT : DECISION_FINAL;
	}
	if (!ev->end && !(ev->flags & PF_HIT_ENDED)) {
		settle(ret, marked(ev, PF_MARK_EVICTED) ? RULE_COPIED_EVICTED :
		       RULE_COPIED_UNACKED, phase);
		return is_given_up(ev) ? DECISION_FINAL : DECISION_WAIT;
	}
	/* A copy made while somebody writes is not looked at: perhaps it had this byte. */
	if (ev->before.resends != ev->after.resends)
		return settle(ret, RULE_RECOPIED_MEANWHILE, phase);
	if (marked(ev, PF_MARK_LOST))
		return settle(ret, RULE_COPIED_LOST, phase);
	return settle(ret, ev->end >= PF_END_ABORTED ? RULE_COPIED_ABORTED : RULE_COPIED_ACKED,
		      phase);
}

/* Every copy by the device was seen: when it was made, and what was in it. */
static enum decision judge_device(const struct evidence *ev, __u32 seq, struct pf_answer *ret)
{
	enum pf_phase phase = phase_at(ev, &ev->after, seq);

	if (seq_before(seq, ev->before.read))
		return judge_device_before(ev, phase, ret);
	if (seq_before(seq, ev->after.read))
		return settle(ret, RULE_COPIED_MEANWHILE, phase);
	if (ev->flags & PF_HIT_ENDED)
		return settle(ret, RULE_ENDED_UNCOPIED, phase);
	if (!marked(ev, COPIED_CHANGED)) {
		bool undone = marked(ev, COPIED_RIGHT);

		if (!undone && ev->end < PF_END_ABORTED)
			return judge_uncopied(ev, RULE_UNCOPIED, phase, ret);
		if (marked(ev, PF_MARK_LOST))	/* perhaps the record of one more copy */
			return settle(ret, RULE_UNCOPIED_LOST, phase);
		return settle(ret, undone ? RULE_COPIED_UNCHANGED : RULE_NEVER_COPIED, phase);
	}
	if (marked(ev, PF_MARK_REWRITTEN))
		return settle(ret, RULE_COPIED_REWRITTEN, phase);
	if (marked(ev, COPIED_RIGHT))
		return settle(ret, RULE_COPIED_BOTH, PF_PHASE_RESENT);
	settle(ret, RULE_COPIED_CHANGED, phase);
	return is_settled(ev) ? DECISION_FINAL : DECISION_WAIT;
}

/*
 * The byte was transmitted before the write began, and not retransmitted. It is
 * harmless if it had left this host by then: if no clone of its skb was alive.
 */
static enum decision judge_gone_out(const struct evidence *ev, enum rule rule,
				    struct pf_answer *ret)
{
	if (ev->before.in_host)
		return settle(ret, RULE_IN_HOST, PF_PHASE_SENT);
	if (marked(ev, PF_MARK_LOST))
		return settle(ret, RULE_GONE_OUT_LOST, PF_PHASE_SENT);
	return settle(ret, rule, PF_PHASE_SENT);
}

static enum decision judge_remote(const struct evidence *ev, __u32 seq, struct pf_answer *ret)
{
	if (!seq_before(seq, ev->before.nxt)) {
		if (seq_before(seq, ev->after.nxt))
			return settle(ret, RULE_SENT_MEANWHILE, PF_PHASE_QUEUED);
		if (ev->flags & PF_HIT_ENDED)
			return settle(ret, RULE_ENDED_UNSENT, PF_PHASE_QUEUED);
		return judge_uncopied(ev, RULE_UNSENT, PF_PHASE_QUEUED, ret);
	}
	if (evidence_is_unseen(ev))
		return settle(ret, RULE_UNSEEN, PF_PHASE_SENT);
	/* Which bytes were retransmitted meanwhile is not known: perhaps these, half written. */
	if (ev->before.resends != ev->after.resends)
		return settle(ret, RULE_RESENT_MEANWHILE, PF_PHASE_SENT);
	if (ev->flags & PF_HIT_ENDED)
		return judge_gone_out(ev, seq_before(seq, ev->after.una) ? RULE_ACKED :
				      RULE_ABORTED, ret);
	if (marked(ev, PF_MARK_RESENT) && ev->before.in_host)	/* perhaps it went out new twice */
		return settle(ret, RULE_RESENT_IN_HOST, PF_PHASE_RESENT);
	if (marked(ev, PF_MARK_RESENT) && marked(ev, PF_MARK_UNSURE))
		return settle(ret, RULE_RESENT_UNSURE, PF_PHASE_RESENT);
	if (marked(ev, PF_MARK_RESENT) && marked(ev, PF_MARK_REWRITTEN))
		return settle(ret, RULE_RESENT_REWRITTEN, PF_PHASE_RESENT);
	if (marked(ev, PF_MARK_RESENT)) {
		settle(ret, RULE_RESENT, PF_PHASE_RESENT);
		return is_settled(ev) ? DECISION_FINAL : DECISION_WAIT;
	}

	switch (ev->end) {
	case PF_END_ACKED:
		return judge_gone_out(ev, RULE_ACKED, ret);
	case PF_END_ABORTED:
		return judge_gone_out(ev, RULE_ABORTED, ret);
	case PF_END_DROPPED:
		return settle(ret, RULE_DROPPED_IN_HOST, PF_PHASE_SENT);
	case PF_END_READ:
		/* The reader is on this host after all. How far it had read is not known. */
		return settle(ret, RULE_READ_AFTER_ALL, PF_PHASE_SENT);
	}
	settle(ret, marked(ev, PF_MARK_EVICTED) ? RULE_EVICTED : RULE_UNACKED, PF_PHASE_SENT);
	return is_given_up(ev) ? DECISION_FINAL : DECISION_WAIT;
}

/* A page fault announced a store. What it changes is found later, if it changes anything. */
static enum decision judge_store(const struct evidence *ev, __u32 seq, struct pf_answer *ret)
{
	enum pf_phase phase = phase_at(ev, &ev->after, seq);

	if (ev->end && marked(ev, PF_MARK_END_SEEN) && marked(ev, PF_MARK_LOST))
		return settle(ret, RULE_NO_STORE_LOST, phase);
	/* A store that is made during a write that a hook sees passes for a part of that write. */
	if (ev->end && marked(ev, PF_MARK_END_SEEN) &&
	    !marked(ev, PF_MARK_REWRITTEN | PF_MARK_COVERED))
		return settle(ret, RULE_NO_STORE, phase);
	settle(ret, RULE_MADE_WRITABLE, phase);
	return is_settled(ev) ? DECISION_FINAL : DECISION_WAIT;
}

enum decision judge_byte(const struct evidence *ev, __u32 seq, struct pf_answer *ret_answer)
{
	enum pf_phase phase = phase_at(ev, &ev->after, seq);

	if (was_over(ev, seq))
		return DECISION_GONE;
	if (evidence_awaits_store(ev))
		return judge_store(ev, seq, ret_answer);
	/* The byte was perhaps written before the socket took it, and was meant to be sent. */
	if (ev->flags & PF_HIT_NO_BEFORE)
		return settle(ret_answer, RULE_TAKEN_MEANWHILE, phase);
	if (ev->fp_after && ev->fp_after == ev->fp_before)
		return settle(ret_answer, RULE_UNCHANGED, phase);
	/* A change of the flight before this write, perhaps of other bytes, counts as undone. */
	if (marked(ev, PF_MARK_MEANT))
		return settle(ret_answer, ev->fp_before == ev->fp ? RULE_MEANT : RULE_MEANT_AGAIN,
			      phase);
	if (marked(ev, PF_MARK_TORN))
		return settle(ret_answer, RULE_TORN, phase);
	if (marked(ev, PF_MARK_BLURRED))
		return settle(ret_answer, RULE_BLURRED, phase);
	if (judge_restores(ev))
		return settle(ret_answer, RULE_RESTORES, phase);
	if (is_local(ev))
		return judge_local(ev, seq, ret_answer);
	if (ev->flags & PF_HIT_WIRE)
		return judge_device(ev, seq, ret_answer);
	return judge_remote(ev, seq, ret_answer);
}

bool judge_restores(const struct evidence *ev)
{
	return marked(ev, PF_MARK_MEANT) || (ev->fp && ev->fp_after == ev->fp);
}

enum timing judge_in_time(const struct evidence *ev, __u32 seq)
{
	bool seen = ev->flags & (PF_HIT_LOCAL | PF_HIT_WIRE);
	__u32 before = seen ? ev->before.read : ev->before.nxt;
	__u32 after = seen && !is_unsure(ev) ? ev->after.read : ev->after.nxt;

	/* The moment at which a change is found does not tell when it was made. */
	if (ev->flags & PF_HIT_NO_BEFORE || (!seen && evidence_is_unseen(ev)))
		return NOT_KNOWN;
	if (seq_before(seq, before))
		return seen || !ev->before.in_host ? TOO_LATE : NOT_KNOWN;
	return seq_before(seq, after) ? NOT_KNOWN : IN_TIME;
}

unsigned int judge_cuts(const struct evidence *ev, __u32 seq, __u32 len,
			__u32 ret_cuts[JUDGE_CUTS_MAX])
{
	const __u32 bounds[JUDGE_CUTS_MAX] = {
		ev->before.read, ev->before.una, ev->before.nxt,
		ev->after.read, ev->after.una, ev->after.nxt,
	};
	unsigned int n = 0;

	for (unsigned int i = 0; i < JUDGE_CUTS_MAX; i++) {
		__u32 cut = bounds[i] - seq;
		unsigned int at = 0;

		/* The offset of a bound in front of seq wraps around and is huge. */
		if (!cut || cut >= len)
			continue;
		while (at < n && ret_cuts[at] < cut)
			at++;
		if (at < n && ret_cuts[at] == cut)
			continue;
		for (unsigned int k = n; k > at; k--)
			ret_cuts[k] = ret_cuts[k - 1];
		ret_cuts[at] = cut;
		n++;
	}
	return n;
}

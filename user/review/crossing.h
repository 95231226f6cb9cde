/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * crossing - where the life of bytes in a socket and a write to them cross: the moments of
 * one case. All times are of CLOCK_MONOTONIC; 0: not known.
 */
#ifndef PAGEFLIGHT_CROSSING_H
#define PAGEFLIGHT_CROSSING_H

#include "review.h"

struct crossing {
	__u64 attached;		/* the first of its bytes */
	__u64 attached_last;
	__u64 began, written;	/* the write */
	__u64 sent;		/* a copy to a device was first seen, which mode wire alone does */
	__u64 resent;		/* the first retransmission behind the write */
	__u64 ended;		/* the last of its flights */
	__u32 end;		/* enum pf_end of that; 0: no end was seen */
};

/* The time that a drawing of it shows; to is greater than from. */
struct axis {
	__u64 from, to;
};

void crossing_of(const struct review *v, const struct kase *c, struct crossing *ret_crossing);

/* Of an incident alone: transmissions and the end are not known. */
void crossing_of_incident(const struct kase *c, struct crossing *ret_crossing);

/* From the attach to the end or the write, whichever is later. */
struct axis crossing_axis(const struct crossing *x);

/* "acknowledged", "read here", ... */
const char *crossing_end_text(__u32 end);

/* What to do about it, in one line. */
const char *crossing_cure(const struct kase *c);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * event - the gate: raw records become events that are safe to read. Code behind
 * the gate may follow every offset and string of a record.
 */
#ifndef PAGEFLIGHT_EVENT_H
#define PAGEFLIGHT_EVENT_H

#include "pageflight.h"

/* Longest range of a resend or end: the largest TCP window (RFC 7323, 2.3). */
#define EVENT_RANGE_MAX (1u << 30)

enum event_refusal {
	EVENT_OK,
	EVENT_UNKNOWN_TYPE,	/* perhaps a record of a newer kernel side */
	EVENT_SHORT,		/* smaller than the head */
	EVENT_MISALIGNED,
	EVENT_BAD_SIZE,		/* head, type and record disagree about the size */
	EVENT_BAD_STRING,	/* not NUL-terminated, or no path where one must be */
	EVENT_BAD_RANGE,	/* a length or offset that cannot be */
	EVENT_BAD_VALUE,	/* an enum that cannot be */
	EVENT_REFUSALS
};

/* Check `size` bytes at data. *ret_event points to them if the answer is EVENT_OK. */
enum event_refusal event_check(const void *data, size_t size, const struct pf_event **ret_event);

/* What is wrong, for a message. */
const char *event_refusal_text(enum event_refusal refusal);

#endif

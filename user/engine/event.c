// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * event.c - the gate between the ring buffer (or a recording) and the engine. It
 * checks form, not truth: two records may still contradict each other.
 */
#include "event.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const size_t type_sizes[] = {
	[PF_EV_HIT] = sizeof(struct pf_ev_hit),
	[PF_EV_OP] = sizeof(struct pf_ev_op),
	[PF_EV_END] = sizeof(struct pf_ev_range),
	[PF_EV_RESEND] = sizeof(struct pf_ev_range),
	[PF_EV_SENT] = sizeof(struct pf_ev_range),
	[PF_EV_CUT] = sizeof(struct pf_ev_range),
	[PF_EV_SENDER] = sizeof(struct pf_ev_sender),
};

#define N_TYPES (sizeof(type_sizes) / sizeof(type_sizes[0]))

static const char *const refusal_texts[] = {
	[EVENT_OK] = "fine",
	[EVENT_UNKNOWN_TYPE] = "record of unknown type",
	[EVENT_SHORT] = "record shorter than its head",
	[EVENT_MISALIGNED] = "record not aligned to 8 bytes",
	[EVENT_BAD_SIZE] = "record of the wrong size",
	[EVENT_BAD_STRING] = "record with a broken string",
	[EVENT_BAD_RANGE] = "record with an impossible range",
	[EVENT_BAD_VALUE] = "record with an impossible value",
};

static bool ends(const char *text, size_t room)
{
	return memchr(text, '\0', room);
}

static bool who_ends(const struct pf_who *who)
{
	return ends(who->parent, PF_COMM_LEN) && ends(who->exe, PF_EXE_LEN);
}

static enum event_refusal check_hit(const struct pf_ev_hit *ev)
{
	if (!ends(ev->writer.comm, PF_COMM_LEN) || !ends(ev->sender.comm, PF_COMM_LEN) ||
	    !who_ends(&ev->who))
		return EVENT_BAD_STRING;
	if (ev->flags & PF_HIT_COMPARED && (ev->diff_from > ev->diff_to || ev->diff_to > ev->len))
		return EVENT_BAD_RANGE;
	if (!ev->len || ev->len > PF_FLIGHT_MAX || ev->file_off + ev->len < ev->file_off)
		return EVENT_BAD_RANGE;
	return EVENT_OK;
}

static enum event_refusal check_op(const struct pf_ev_op *ev)
{
	if (!ends(ev->writer.comm, PF_COMM_LEN) || !who_ends(&ev->who))
		return EVENT_BAD_STRING;
	if (ev->path_at >= PF_PATH_LEN || ev->stack_len > (__s32)sizeof(ev->stack))
		return EVENT_BAD_RANGE;
	if (!ends(ev->path + ev->path_at, PF_PATH_LEN - ev->path_at))
		return EVENT_BAD_STRING;
	if (ev->path[ev->path_at] != '/' &&
	    !(ev->flags & PF_OP_NO_PATH && !ev->path[ev->path_at]))
		return EVENT_BAD_STRING;
	return EVENT_OK;
}

static enum event_refusal check_range(const struct pf_ev_range *ev)
{
	if (!ev->len || ev->len > EVENT_RANGE_MAX)
		return EVENT_BAD_RANGE;
	if (ev->h.type != PF_EV_END ? ev->why != 0 :
	    ev->why < PF_END_ACKED || ev->why > PF_END_DROPPED)
		return EVENT_BAD_VALUE;
	return EVENT_OK;
}

static enum event_refusal check_sender(const struct pf_ev_sender *ev)
{
	return ev->stack_len > (__s32)sizeof(ev->stack) ? EVENT_BAD_RANGE : EVENT_OK;
}

static enum event_refusal check_body(const struct pf_event *ev)
{
	switch (ev->type) {
	case PF_EV_HIT:
		return check_hit((const struct pf_ev_hit *)ev);
	case PF_EV_OP:
		return check_op((const struct pf_ev_op *)ev);
	case PF_EV_SENDER:
		return check_sender((const struct pf_ev_sender *)ev);
	default:
		return check_range((const struct pf_ev_range *)ev);
	}
}

enum event_refusal event_check(const void *data, size_t size, const struct pf_event **ret_event)
{
	const struct pf_event *ev = data;
	enum event_refusal refusal;

	if (size < sizeof(*ev))
		return EVENT_SHORT;
	if ((uintptr_t)data % _Alignof(struct pf_ev_hit))
		return EVENT_MISALIGNED;
	if (ev->type >= N_TYPES || !type_sizes[ev->type])
		return EVENT_UNKNOWN_TYPE;
	if (ev->size != size || size != type_sizes[ev->type])
		return EVENT_BAD_SIZE;
	refusal = check_body(ev);
	if (refusal == EVENT_OK)
		*ret_event = ev;
	return refusal;
}

const char *event_refusal_text(enum event_refusal refusal)
{
	return refusal < EVENT_REFUSALS ? refusal_texts[refusal] : "record refused";
}

const struct pf_event *pf_record_check(const void *data, size_t size)
{
	const struct pf_event *ev;

	return event_check(data, size, &ev) == EVENT_OK ? ev : NULL;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* crossing.c - see crossing.h. */
#include "crossing.h"

#include "seq.h"

static bool overlap(const struct flight *f, const struct event *e)
{
	return seq_diff(e->seq + e->len, f->seq) > 0 &&
	       seq_diff(f->seq + f->len, e->seq) > 0;
}

static void first(__u64 *time, __u64 ts)
{
	if (!*time || ts < *time)
		*time = ts;
}

static void take_event(struct crossing *x, const struct event *e)
{
	switch (e->type) {
	case PF_EV_SENT:
		first(&x->sent, e->ts);
		break;
	case PF_EV_RESEND:
		if (e->ts >= x->written)
			first(&x->resent, e->ts);
		break;
	case PF_EV_END:
		if (e->ts >= x->ended) {
			x->ended = e->ts;
			x->end = e->why;
		}
		break;
	}
}

/* Sequence numbers come round: an event long before the attach is of other bytes. */
static void take_flight(const struct flight *f, const struct event *events, size_t n,
			struct crossing *x)
{
	first(&x->attached, f->attached);
	if (f->attached > x->attached_last)
		x->attached_last = f->attached;
	for (size_t i = 0; i < n; i++)
		if (overlap(f, &events[i]) && events[i].ts >= f->attached)
			take_event(x, &events[i]);
}

void crossing_of(const struct review *v, const struct kase *c, struct crossing *ret_crossing)
{
	struct crossing x = { .began = c->began, .written = c->inc.ts };
	const struct flight *flights;
	const struct event *events;
	size_t n, n_flights;

	events = review_events(v, c->inc.conn, &n);
	flights = review_flights(v, c, &n_flights);
	for (size_t i = 0; i < n_flights; i++)
		take_flight(&flights[i], events, n, &x);
	if (!x.attached)
		x.attached = c->inc.ts - c->inc.age_ns;
	if (!x.began || x.began > x.written)
		x.began = x.written;
	*ret_crossing = x;
}

void crossing_of_incident(const struct kase *c, struct crossing *ret_crossing)
{
	struct crossing x = { .attached = c->inc.ts - c->inc.age_ns, .began = c->began, .written = c->inc.ts };

	if (!x.began || x.began > x.written)
		x.began = x.written;
	*ret_crossing = x;
}

struct axis crossing_axis(const struct crossing *x)
{
	struct axis axis = { x->attached, x->ended > x->written ? x->ended : x->written };

	/* An end that was not seen lies somewhere to the right. */
	if (!x->end)
		axis.to += (axis.to - axis.from) / 4;
	if (axis.to <= axis.from)
		axis.to = axis.from + 1;
	return axis;
}

const char *crossing_end_text(__u32 end)
{
	static const char *const texts[] = {
		"", "acknowledged", "read here", "aborted", "dropped in this host",
	};

	return end < sizeof(texts) / sizeof(texts[0]) ? texts[end] : "";
}

const char *crossing_cure(const struct kase *c)
{
	if (c->inc.answer.verdict == PF_VERDICT_IDENTICAL)
		return "none is needed: the bytes are the same";
	if (pf_incident_no_file(&c->inc))
		return "wait for the completion before a buffer is used again";
	switch (c->inc.writer.how) {
	case PF_WRITE_TRUNCATE:
	case PF_WRITE_PUNCH:
		return "never shrink a file that is served; write a new one and rename it";
	default:
		return "write a new file and rename it over the old one";
	}
}

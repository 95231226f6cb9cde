// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* intake.c - records from the ring buffer into the engine, and incidents out of it. */
#include "state.h"
#include "feed.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

void session_abort(struct session *s, int err)
{
	if (!s->err)
		s->err = err;
	s->state = DONE;
}

void session_on_incident(void *ctx, const struct pf_incident *inc)
{
	struct session *s = ctx;
	int err;

	if (s->hush_at && clock_mono_ns() >= s->hush_at)
		report_hush(s->report);
	err = s->err ? 0 : report_incident(s->report, inc);
	if (err)
		session_abort(s, err);
	else if (report_full(s->report))
		s->state = DONE;
}

void session_on_sender(void *ctx, const struct pf_ev_sender *ev)
{
	struct session *s = ctx;

	report_sender(s->report, ev);
}

void session_caught_up(struct session *s)
{
	if (loader_taken(s->loader) >= s->to_feed)
		feed_caught_up(s);
}

int session_totals(struct session *s)
{
	struct pf_totals now;
	int err = loader_totals(s->loader, &now);

	if (err) {
		log_error("cannot read the counters of the kernel side: %s", strerror(-err));
		return err;
	}
	now.stats.count[PF_C_events_lost] += s->untaken;
	if (feed_totals(s, &now))
		s->to_feed = loader_written(s->loader);
	s->seen = now;
	return 0;
}

int session_sweep(const struct session *s, bool last)
{
	int err = loader_sweep(s->loader, last);

	if (err)
		log_error("cannot look for pages of reset connections: %s", strerror(-err));
	return err;
}

/* -ENOMEM is the only error of the engine. An error of the output was logged by the report. */
int session_engine_failed(int err)
{
	if (err == -ENOMEM)
		log_error("out of memory");
	return err;
}

static int take_record(struct session *s, const void *data, size_t size)
{
	int err = feed_record(s, data, size);

	/* Its form is known now. */
	if (!err) {
		s->fed_ts = ((const struct pf_event *)data)->ts;
		report_record(s->report, data);
	}
	if (err != -EBADMSG)
		return session_engine_failed(err);
	log_debug("%s (%zu bytes)", pf_engine_refusal(s->engine), size);
	return 0;
}

static void take_batch(struct session *s)
{
	const void *data;
	size_t at = 0, size;
	int err;

	if (!s->batch.used)
		return;
	err = session_totals(s);
	while (!err && (data = batch_next(&s->batch, &at, &size)))
		err = take_record(s, data, size);
	session_caught_up(s);
	s->batch.used = 0;
	if (err)
		session_abort(s, err);
}

static void on_record(void *ctx, const void *data, size_t size)
{
	struct session *s = ctx;

	if (!batch_add(&s->batch, data, size))
		s->sum.refused++;
}

void session_take(struct session *s)
{
	int n = loader_take(s->loader, BATCH_RECORDS, on_record, s);

	s->taken = n;
	s->more = n >= BATCH_RECORDS;
	if (n < 0) {
		log_error("cannot read records: %s", strerror(-n));
		session_abort(s, n);
	}
	take_batch(s);
	feed_mark(s);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* outlets.c - see outlets.h. */
#include "outlets.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/signals.h"
#include "helpers.h"
#include "output/groups.h"
#include "output/queue.h"
#include "record/tap.h"
#include "report.h"

/* For a reader of the output that does not read, and for one that reads slowly. */
#define PATIENCE_NS (400 * NSEC_PER_MSEC)
#define FLUSH_NS (5 * NSEC_PER_SEC)

#define METRICS_NS (15 * NSEC_PER_SEC)

/*
 * What an outlet returned. Without a vital one there is no session. Without another one
 * it goes on: what is known must not be lost with it.
 */
static int outcome(struct outlets *all, struct outlet *o, int err)
{
	if (!err)
		return 0;
	if (!o->helper.pid)
		log_error("cannot write to %s: %s", o->name, strerror(-err));
	else if (o == all->at)
		log_error("the process that has the terminal has ended");
	if (!o->helper.pid || o->vital)
		return err;
	o->err = err;
	all->failed = true;
	log_error("%s gets no more: %s", o->name,
		  err == -EPIPE ? "its process has ended" : strerror(-err));
	return 0;
}

int outlets_begin(struct outlets *all)
{
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct outlet *o = &all->at[i];

		err = err ?: outcome(all, o, o->sink.ops->open(&o->sink) ?: outlet_put(o, true, NULL));
	}
	return err;
}

/* Give an incident to all outlets. *ret_kept: the first one has it. */
int outlets_incident(struct outlets *all, const struct shown *shown, bool *ret_kept)
{
	__u64 now = clock_mono_ns();
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct outlet *o = &all->at[i];
		bool kept = false;

		if (o->err)
			continue;
		o->sink.now = now;
		err = err ?: outcome(all, o, o->sink.ops->incident(&o->sink, shown) ?:
					   outlet_put(o, false, &kept));
		if (!i)
			*ret_kept = kept;
	}
	return err;
}

int outlets_exposure(struct outlets *all, const struct exposure *e)
{
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct outlet *o = &all->at[i];

		if (o->err || !o->sink.ops->exposure || (!o->summary && i))
			continue;
		err = err ?: outcome(all, o, o->sink.ops->exposure(&o->sink, e) ?:
					   outlet_put(o, true, NULL));
	}
	return err;
}

/* Those of standard output are in the summary. */
static void say_lost(struct outlets *all)
{
	for (size_t i = 1; i < all->n; i++) {
		struct outlet *o = &all->at[i];

		if (o->lost != o->lost_said)
			log_info("lost: %llu %s for %s: it is too slow", o->lost - o->lost_said,
				 o->texts, o->name);
		o->lost_said = o->lost;
	}
}

static int tick(struct outlets *all, __u64 now, bool end)
{
	struct outlet *o = &all->at[0];

	if (!o->sink.ops->tick)
		return 0;
	o->sink.now = now;
	return outcome(all, o, o->sink.ops->tick(&o->sink, end) ?: outlet_put(o, end, NULL));
}

int outlets_tick(struct outlets *all, __u64 now)
{
	if (now >= all->next_said) {
		say_lost(all);
		all->next_said = now + NSEC_PER_SEC;
	}
	if (all->record && !all->record->err)
		outcome(all, all->record, outlet_write(all->record));
	return tick(all, now, false);
}

bool outlets_record(void *ctx, __u32 kind, const void *data, size_t len, bool must)
{
	struct outlets *all = ctx;
	bool kept = all->record->err || outlet_frame(all->record, kind, data, len, must);

	if (!all->record->err && !outlet_is_held(all->record))
		outcome(all, all->record, outlet_write(all->record));
	return kept;
}

bool outlets_frame(struct outlets *all, __u32 kind, const void *data, size_t len)
{
	struct outlet *o = &all->at[0];

	if (!o->helper.pid || o->err || !outlet_frame(o, kind, data, len, false))
		return false;
	outcome(all, o, outlet_write(o));
	return true;
}

bool outlets_reopen(struct outlets *all)
{
	if (!all->file || all->file->err)
		return all->file;
	if (!outlet_frame(all->file, FRAME_REOPEN, NULL, 0, true))
		log_error("out of memory");
	outcome(all, all->file, outlet_put(all->file, false, NULL));
	return true;
}

void outlets_poll(const struct outlets *all, struct pollfd ret_fds[OUTLETS])
{
	for (size_t i = 0; i < OUTLETS; i++)
		ret_fds[i] = i < all->n ? outlet_poll(&all->at[i]) : (struct pollfd){ .fd = -1 };
}

int outlets_polled(struct outlets *all, const struct pollfd fds[OUTLETS])
{
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct outlet *o = &all->at[i];

		if (!o->err)
			err = err ?: outcome(all, o, outlet_polled(o, fds[i].revents));
	}
	return err;
}

static int give_numbers(struct outlets *all, struct outlet *o, const struct summary *sum)
{
	if (o->err)
		return 0;
	return outcome(all, o, o->sink.ops->summary(&o->sink, sum) ?: outlet_put(o, false, NULL));
}

int outlets_numbers(struct outlets *all, const struct summary *sum, __u64 now)
{
	int err = all->http ? give_numbers(all, all->http, sum) : 0;

	if (!all->metrics || now < all->next_metrics)
		return err;
	all->next_metrics = now + METRICS_NS;
	return err ?: give_numbers(all, all->metrics, sum);
}

int outlets_summary(struct outlets *all, const struct summary *sum)
{
	int err = tick(all, 0, true);

	for (size_t i = 0; i < all->n; i++) {
		struct outlet *o = &all->at[i];

		if (o->summary && !o->err)
			err = err ?: outcome(all, o, o->sink.ops->summary(&o->sink, sum) ?:
						   outlet_put(o, true, NULL));
	}
	return err;
}

static int flush(struct outlets *all, struct outlet *o, int stop_fd, bool *ret_urged)
{
	int err;

	do {
		err = outlet_flush(o, PATIENCE_NS, FLUSH_NS, stop_fd);
	} while (err == -EINTR && !signals_urge(stop_fd, ret_urged));
	if (err != -EINTR && err != -ETIMEDOUT)
		return outcome(all, o, err);
	log_error("the last %zu bytes for %s were not %s in time", queue_waiting(o->queue), o->name,
		  o == all->at ? "read" : "taken");
	all->failed |= o != all->at;
	return o == all->at ? err : 0;
}

/* A process that is left alone goes on with what it has. */
static void end_helper(struct outlets *all, struct outlet *o, int stop_fd, bool *ret_urged)
{
	int status;

	do {
		status = outlet_end(o, FLUSH_NS, stop_fd);
	} while (status == -EINTR && !signals_urge(stop_fd, ret_urged));
	if (status == -ETIMEDOUT)
		log_info("%s goes on by itself", o->name);
	else if (status != -EINTR && o->summary)
		all->failed |= status != 0;
}

int outlets_finish(struct outlets *all, int stop_fd, bool *ret_urged)
{
	int err = 0;

	say_lost(all);
	for (size_t i = 0; i < all->n; i++) {
		struct outlet *o = &all->at[i];

		if (o->err)
			continue;
		if (o->helper.pid && !outlet_frame(o, FRAME_END, NULL, 0, true))
			continue;
		err = flush(all, o, stop_fd, ret_urged) ?: err;
		end_helper(all, o, stop_fd, ret_urged);
	}
	return err ?: all->failed ? -EIO : 0;
}

void outlets_fini(struct outlets *all)
{
	for (size_t i = 0; i < all->n; i++)
		outlet_fini(&all->at[i]);
	groups_free(all->groups);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ends.c - the end of a session: what is left, and the summary. Records come and
 * readers sleep as long as they like, so each step has its time.
 */
#include "state.h"
#include "feed.h"
#include "outlets.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "base/signals.h"
#include "output/notices.h"
#include "output/queue.h"

/* Since the end began: until then incidents are printed, and until then records are taken. */
#define PRINT_NS (800 * NSEC_PER_MSEC)
#define TAKE_NS (900 * NSEC_PER_MSEC)

static void drop(void *ctx, const void *data, size_t size)
{
	struct session *s = ctx;

	(void)data;
	(void)size;
	s->untaken++;
}

/*
 * Take what the kernel side had written until now, or count it. A record whose writer was
 * preempted holds up all that are behind it. How many they are is not known: at least one.
 */
static void take_left(struct session *s, __u64 began)
{
	__u64 written = loader_written(s->loader);
	bool hurry = false;

	while (!s->err && loader_taken(s->loader) < written) {
		hurry |= clock_mono_ns() - began > TAKE_NS ||
			 signals_urge(s->signal_fd, &s->interrupted);
		if (!hurry) {
			session_take(s);
			if (!s->taken)
				poll(NULL, 0, 1);
			continue;
		}
		s->hush_at = began;
		if (loader_take(s->loader, BATCH_RECORDS, drop, s) > 0)
			continue;
		s->untaken++;
		break;
	}
}

/* After a failure nothing is certain any more, and nothing more is reported. */
int session_finish(struct session *s)
{
	__u64 now = clock_mono_ns();
	struct summary sum;
	int err;

	if (s->err)
		return s->err;
	s->ended = s->ended ?: now;
	s->hush_at = now + PRINT_NS;
	s->now = now;
	feed_end(s, s->ended);
	err = session_sweep(s, true);
	take_left(s, now);
	err = err ?: s->err;
	err = err ?: session_totals(s);
	err = err ?: session_engine_failed(feed_flush(s));
	err = err ?: session_totals(s);
	if (err || s->err)
		return err ?: s->err;
	loader_exposed(s->loader, report_exposed, s->report);
	notices_losses(&s->noticed, &s->seen);	/* of the last second: a summary names no user */
	session_sum_up(s, s->ended, &sum);
	err = report_summary(s->report, &sum);
	feed_mark(s);
	return err ?: outlets_finish(report_outlets(s->report), s->signal_fd, &s->interrupted);
}

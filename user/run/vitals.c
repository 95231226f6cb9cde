// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* vitals.c - what a session is and has seen by now, for its summary and for those who want it meanwhile. */
#include "state.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/log.h"

/* Only those who are left on are asked what they cost. Call it before the loader is opened. */
void session_vitals_open(struct session *s)
{
	int err;

	uname(&s->host);
	s->vitals.kernel = s->host.release;
	s->sum.vitals = &s->vitals;
	if (!s->opts->report.metrics && !s->opts->report.listen)
		return;
	err = meter_start(&s->meter);
	if (err)
		log_info("what our own programs cost is not known: %s", strerror(-err));
}

void session_sum_up(const struct session *s, __u64 until, struct summary *ret_sum)
{
	struct summary sum = s->sum;

	sum.wall_ns = clock_wall_ns(until);
	sum.duration_ns = until - s->began;
	sum.content = loader_content(s->loader);
	sum.totals = s->seen;
	sum.hooks = loader_hooks(s->loader, &sum.n_hooks);
	sum.refused += pf_engine_refused(s->engine);
	sum.evicted = pf_engine_evicted(s->engine);
	*ret_sum = sum;
}

static __u64 cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * NSEC_PER_SEC + used.tv_nsec;
}

/* The counters were read just now. */
int session_publish(struct session *s)
{
	struct summary sum;

	s->vitals.began_wall_ns = clock_wall_ns(s->began);
	s->vitals.cpu_ns = cpu_ns();
	s->vitals.waiting = pf_engine_waiting(s->engine);
	session_sum_up(s, s->now, &sum);
	return report_numbers(s->report, &sum, s->now);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ends.c - the end of a session: what is left, and the summary. */
#include "state.h"

#include "base/clock.h"

/* After a failure nothing is certain any more, and nothing more is reported. */
int session_finish(struct session *s)
{
	__u64 now = clock_mono_ns();
	int err;

	if (s->err)
		return s->err;
	s->ended = s->ended ?: now;
	pf_engine_end(s->engine, s->ended);
	err = session_sweep(s, true);
	session_drain(s);
	err = err ?: s->err;
	err = err ?: session_engine_failed(pf_engine_flush(s->engine));
	err = err ?: session_totals(s);
	if (err || s->err)
		return err ?: s->err;
	s->sum.wall_ns = clock_wall_ns(s->ended);
	s->sum.duration_ns = s->ended - s->began;
	s->sum.content = loader_content(s->loader);
	s->sum.totals = s->seen;
	s->sum.refused += pf_engine_refused(s->engine);
	s->sum.evicted = pf_engine_evicted(s->engine);
	return report_summary(s->report, &s->sum);
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * engine - what the files of the engine share; pageflight.h is its interface.
 * All functions that return int return 0 or -ENOMEM.
 */
#ifndef PAGEFLIGHT_ENGINE_H
#define PAGEFLIGHT_ENGINE_H

#include "compose.h"
#include "event.h"
#include "pageflight.h"
#include "spans.h"

struct pf_engine {
	struct pf_engine_config cfg;	/* with the defaults filled in */
	struct spans spans;
	struct compose compose;
	struct pf_totals totals;	/* the last that were taken */
	enum event_refusal refusal;	/* of the record that was refused last */
	__u64 refused;
	__u64 evicted;
	__u64 ended;			/* 0: not yet */
	bool lossy;			/* records were lost: what comes now is weakened too */
};

/* Report the oldest incidents until there is room for what one record brings. */
int engine_make_room(struct pf_engine *e);

/* Report the incident if nothing of it waits any more, and forget its op if it was the last. */
int engine_report_complete(struct pf_engine *e, struct draft *draft);

/* Take a checked record of this type. */
int engine_hit(struct pf_engine *e, const struct pf_ev_hit *hit);

#endif

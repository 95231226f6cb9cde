/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * meter - what our programs cost, from time to time: to measure costs something too. The session
 * may not ask the kernel for it once it is confined, so a process of its own does.
 */
#ifndef PAGEFLIGHT_METER_H
#define PAGEFLIGHT_METER_H

#include "base/helper.h"
#include "output/vitals.h"

struct loader;
struct meter_shared;

struct meter {
	struct helper helper;		/* pid 0: there is none */
	struct meter_shared *shared;
	bool going;			/* it was told to begin */
	__u64 since;			/* of the measurement under way at the last look; 0: none was */
	__u64 looked, runs, run_ns;	/* when that was, and what was counted by then */
};

/* Make the process. 0 or -errno. */
int meter_start(struct meter *ret_meter);

/* To be called several times a second: add to *sum what was measured since the last call. */
void meter_look(struct meter *m, const struct loader *l, struct sampled_cost *sum);

/* Let the process end. */
void meter_stop(struct meter *m);

#endif

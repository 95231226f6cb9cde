/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * verdict - the engine: checked events in, incidents out. Pure: no clock, no
 * I/O, no globals. Time is what the events and verdict_tick() say it is, in
 * nanoseconds of CLOCK_MONOTONIC.
 *
 * All functions that return int return 0 or -ENOMEM, after which the engine
 * can only be freed.
 */
#ifndef PAGEFLIGHT_VERDICT_H
#define PAGEFLIGHT_VERDICT_H

#include <stddef.h>
#include "incident.h"

#define VERDICT_SETTLE_NS 2000000000ull
#define VERDICT_MAX_WAITING 131072u

struct verdict_config {
	__u64 settle_ns;	/* how long to wait for an ACK after the write; 0: default */
	size_t max_waiting;	/* byte ranges and writes held at once; 0: default. About
				 * 250 bytes each. Beyond it the oldest is reported as it is */
};

/* Called as soon as an incident is complete. It must not call the engine. */
typedef void (*verdict_emit_fn)(void *ctx, const struct incident *inc);

struct verdict;

int verdict_new(struct verdict **ret_verdict, const struct verdict_config *cfg,
		verdict_emit_fn emit, void *ctx);

/* Take one event that event_check() let pass. */
int verdict_event(struct verdict *v, const struct pf_event *ev);

/* Report what has waited for settle_ns. */
int verdict_tick(struct verdict *v, __u64 now_ns);

/*
 * Records were lost that may have told of a retransmission: what waits now, and
 * what comes until verdict_sound(), can not become harmless any more.
 */
void verdict_lost(struct verdict *v);
void verdict_sound(struct verdict *v);

/*
 * The run has ended: writes after this are no incidents any more, but still tell
 * what became of the bytes that wait.
 */
void verdict_end(struct verdict *v, __u64 ended_ns);

/* Report everything that waits, as far as it is known. */
int verdict_flush(struct verdict *v);

/* Incidents that wait. */
size_t verdict_waiting(const struct verdict *v);

/* Incidents reported early because max_waiting was reached. */
__u64 verdict_evicted(const struct verdict *v);

/* NULL is allowed. Reports nothing. */
void verdict_free(struct verdict *v);

#endif

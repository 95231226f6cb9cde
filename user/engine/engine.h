/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * engine - checked events in, incidents out. Pure: no clock, no
 * I/O, no globals. Time is what the events and pf_engine_tick() say it is, in
 * nanoseconds of CLOCK_MONOTONIC.
 *
 * All functions that return int return 0 or -ENOMEM, after which the engine
 * can only be freed.
 */
#ifndef PAGEFLIGHT_ENGINE_H
#define PAGEFLIGHT_ENGINE_H

#include <stddef.h>
#include "incident.h"

#define PF_ENGINE_SETTLE_NS 2000000000ull
#define PF_ENGINE_MAX_WAITING 131072u

struct pf_engine_config {
	__u64 settle_ns;	/* how long to wait for an ACK after the write; 0: default */
	size_t max_waiting;	/* byte ranges and writes held at once; 0: default. About
				 * 250 bytes each. Beyond it the oldest is reported as it is */
};

/* Called as soon as an incident is complete. It must not call the engine. */
typedef void (*pf_incident_fn)(void *ctx, const struct pf_incident *inc);

struct pf_engine;

int pf_engine_new(struct pf_engine **ret_engine, const struct pf_engine_config *cfg,
		  pf_incident_fn emit, void *ctx);

/* Take one event that event_check() let pass. */
int pf_engine_event(struct pf_engine *e, const struct pf_event *ev);

/* Report what has waited for settle_ns. */
int pf_engine_tick(struct pf_engine *e, __u64 now_ns);

/*
 * Records were lost that may have told of a retransmission: what waits now, and
 * what comes until pf_engine_sound(), can not become harmless any more.
 */
void pf_engine_lost(struct pf_engine *e);
void pf_engine_sound(struct pf_engine *e);

/*
 * The run has ended: writes after this are no incidents any more, but still tell
 * what became of the bytes that wait.
 */
void pf_engine_end(struct pf_engine *e, __u64 ended_ns);

/* Report everything that waits, as far as it is known. */
int pf_engine_flush(struct pf_engine *e);

/* Incidents that wait. */
size_t pf_engine_waiting(const struct pf_engine *e);

/* Incidents reported early because max_waiting was reached. */
__u64 pf_engine_evicted(const struct pf_engine *e);

/* NULL is allowed. Reports nothing. */
void pf_engine_free(struct pf_engine *e);

#endif

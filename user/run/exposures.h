/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * exposures - which files a session has seen sent by reference while somebody could change
 * them: those with the most pages, with the names of who it is, and when to tell of them.
 */
#ifndef PAGEFLIGHT_EXPOSURES_H
#define PAGEFLIGHT_EXPOSURES_H

#include "output/exposure.h"
#include "pageflight.h"

#define EXPOSURES_KEPT OPENERS_FILES	/* others are counted alone */

struct exposures;
struct paths;

/* Tell of one. 0 or -errno, which ends the telling. */
typedef int (*exposures_fn)(void *ctx, const struct exposure *e);

/* paths must outlive it; openers is its own from now on, and NULL if nobody is to be looked for. 0 or -ENOMEM. */
int exposures_new(struct exposures **ret_exposures, struct paths *paths, struct openers *openers);

/* The kernel side has noted this. */
void exposures_add(struct exposures *x, const struct pf_exposed *e);

/* There was an incident. */
void exposures_incident(struct exposures *x, const struct pf_incident *inc);

/*
 * It is now: look for names, and after a while without incidents tell of what was not told,
 * each once. Also say, once, that there is nothing to be told. To be called once a second.
 */
int exposures_tick(struct exposures *x, __u64 now, const struct pf_totals *totals, exposures_fn fn, void *ctx);

/* The session is over: look for the names that are not known yet. */
void exposures_end(struct exposures *x);

/* The worst of those that were kept. Valid until the next call of another function. */
const struct exposures_sum *exposures_sum(struct exposures *x);

/* NULL is allowed. */
void exposures_free(struct exposures *x);

#endif

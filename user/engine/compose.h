/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * compose - the spans of one write on one connection become one incident.
 */
#ifndef PAGEFLIGHT_COMPOSE_H
#define PAGEFLIGHT_COMPOSE_H

#include "spans.h"

/* Scratch memory, kept from one incident to the next; starts as zeroes. */
struct compose {
	struct pf_range *ranges;
	const struct span **order;
	size_t room;
};

/*
 * All spans of `draft` have their last answer. The incident points into the
 * scratch memory and into `draft`. 0 or -ENOMEM.
 */
int compose_incident(struct compose *c, const struct draft *draft,
		     struct pf_incident *ret_incident);

void compose_fini(struct compose *c);

#endif

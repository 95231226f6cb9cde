/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * price - what the cures cost on this host. Rounds are interleaved: each measures all cures, one
 * behind the other, so what else the host does is in all of them. Nothing is right or wrong here:
 * figures are printed.
 */
#ifndef CURES_PRICE_H
#define CURES_PRICE_H

#include <stdbool.h>
#include <stddef.h>

#include "cure.h"

/* What reads at the other end, in a thread of its own. */
struct reading {
	int rx;
	bool discards;
	size_t size;
};

void *price_read(void *reading);

/* The race, and the cures that want this and can be measured in this directory. Returns how many. */
int price_choose(const struct cure **ret, bool (*want)(const struct cure *c), const char *dir);

/* Of sending, for each reader. dir: where the files are made. */
void price_senders(const char *dir);
/* Of a change of 4 KiB of a file that is being sent. */
void price_writers(const char *dir);

#endif

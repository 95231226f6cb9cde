/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* race - one race between a sender and a writer. */
#ifndef CURES_RACE_H
#define CURES_RACE_H

#include <stdbool.h>
#include <stddef.h>

#include "cure.h"
#include "net.h"

/* Returns how many bytes the reader got that were not those of the file when it was sent. */
size_t race(const struct cure *cure, bool cured, enum net net, const char *dir);

#endif

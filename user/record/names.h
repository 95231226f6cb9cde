/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* names - the names of an incident as they were found when it was recorded. */
#ifndef PAGEFLIGHT_RECORD_NAMES_H
#define PAGEFLIGHT_RECORD_NAMES_H

#include "names/shown.h"
#include "reader.h"

struct names;

/* NULL: there is no memory. */
struct names *names_new(struct reader *r);

/*
 * Fill in what is known of an incident, which comes in the order of the recording. Its
 * number, or 0 if it was not recorded. Texts are valid until the next call. *ret_same:
 * verdict and size are those that were recorded.
 */
__u64 names_of(struct names *n, struct shown *shown, bool *ret_same);

/* The view that path_view_name() calls so; PATH_UNKNOWN if it calls none so. */
enum path_view names_view(const char *name);

void names_free(struct names *n);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * filter_places - what the names in a filter stand for on this host and at this
 * time: files and directories as inodes, network namespaces as numbers, cgroups
 * as open descriptors.
 */
#ifndef PAGEFLIGHT_FILTER_PLACES_H
#define PAGEFLIGHT_FILTER_PLACES_H

struct err;
struct filter;

/* Returns 0, or -errno with ret_err set. */
int filter_places_find(struct filter *filter, struct err *ret_err);

void filter_places_close(struct filter *filter);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * places - what the names in a filter stand for on this host, now: files and
 * directories as inodes, network namespaces as numbers, cgroups as open
 * descriptors.
 */
#ifndef PAGEFLIGHT_PLACES_H
#define PAGEFLIGHT_PLACES_H

struct filter;

#define PLACES_ERR_LEN 512

/* Returns 0, or -errno with one line in err. */
int places_find(struct filter *filter, char err[PLACES_ERR_LEN]);

void places_close(struct filter *filter);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * filter - what is to be followed, from the words of the command line to the
 * numbers that the kernel side compares with. Pure: filter_places.h looks names
 * up on this host.
 *
 * Of one kind any value will do. Of different kinds all must hold.
 */
#ifndef PAGEFLIGHT_FILTER_H
#define PAGEFLIGHT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include "base/opts.h"
#include "filtering.h"

enum filter_kind {
	FILTER_PID,
	FILTER_COMM,
	FILTER_CGROUP,
	FILTER_NETNS,
	FILTER_PORT,
	FILTER_LPORT,
	FILTER_RPORT,
	FILTER_ADDR,
	FILTER_PATH,
	FILTER_INODE,
	FILTER_MIN_BYTES,
	FILTER_MAX
};

struct filter {
	struct pf_filter spec;	/* what the kernel side is given */
	const char *given[FILTER_MAX][PF_FILTER_VALUES];	/* as they were written */
	unsigned int n_given[FILTER_MAX];
	__u64 min_bytes;		/* of an incident; the report asks for it */
	bool operands;			/* paths were given as such, without an option */

	/* Filled in by filter_places_find(). */
	struct pf_place places[PF_FILTER_PLACES];
	unsigned int n_places;
	int cgroup_fds[PF_FILTER_VALUES];
};

/* The `add` of struct opt. It takes one value. 0, -EINVAL, or -E2BIG if there are too many. */
int filter_add(void *filter, int kind, const char *text);

/* The option's name, and whether its values are numbers. */
const char *filter_kind_name(enum filter_kind kind);
bool filter_kind_is_number(enum filter_kind kind);

#define FILTER_TEXT_LEN 400

/* In words, "pid 12 or 13, port 80"; "" if there is none. Cut if it does not fit. */
const char *filter_text(const struct filter *filter, char *ret_text, size_t len);

/* Rows of an option table, for a struct filter at this offset. */
#define FILTER_OPT(where, kind_, name_, arg_, what_, help_)				\
	{ .name = name_, .kind = OPT_ADD, .at = where, .add = filter_add, .which = kind_, \
	  .arg = arg_, .what = what_, .help = help_ }
#define FILTER_OPTS(where)								\
	FILTER_OPT(where, FILTER_PID, "pid", "N", "a process number",			\
		   "only what process N or a descendant sends *"),			\
	FILTER_OPT(where, FILTER_COMM, "comm", "NAME", "a name of 1 to 15 bytes",	\
		   "only what threads of this name send *"),				\
	FILTER_OPT(where, FILTER_CGROUP, "cgroup", "PATH", "a path",			\
		   "only what processes in or below this cgroup send *"),		\
	FILTER_OPT(where, FILTER_NETNS, "netns", "PATH|N", "a path or an inode number",	\
		   "only connections of this network namespace *"),			\
	FILTER_OPT(where, FILTER_PORT, "port", "N", "a port from 1 to 65535",		\
		   "only connections with this port at either end *"),			\
	FILTER_OPT(where, FILTER_LPORT, "lport", "N", "a port from 1 to 65535",		\
		   "... at the sender's end *"),					\
	FILTER_OPT(where, FILTER_RPORT, "rport", "N", "a port from 1 to 65535",		\
		   "... at the peer's end *"),						\
	FILTER_OPT(where, FILTER_ADDR, "addr", "ADDR[/LEN]", "an address or a prefix",	\
		   "only connections with such an address at either end *"),		\
	FILTER_OPT(where, FILTER_PATH, "path", "PATH", "a path",			\
		   "only files at or below PATH *"),					\
	FILTER_OPT(where, FILTER_INODE, "inode", "DEV:INO", "MAJOR:MINOR:INODE",	\
		   "only this file, as MAJOR:MINOR:INODE *"),				\
	FILTER_OPT(where, FILTER_MIN_BYTES, "min-bytes", "N", "a size",			\
		   "only incidents of N bytes or more; K, M may follow")

#endif

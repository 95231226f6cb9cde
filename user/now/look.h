/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * look - one look at what all sockets of this host hold, with names: paths of the files,
 * and who has the sockets open.
 */
#ifndef PAGEFLIGHT_LOOK_H
#define PAGEFLIGHT_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include "everywhere.h"
#include "hold.h"
#include "names/owners.h"
#include "names/shown.h"

struct err;
struct filter;
struct paths;

struct look {
	struct walker *walker;
	struct everywhere everywhere;
	const struct filter *filter;
	struct paths *paths;
	struct hold hold;
	struct hold_files files;
	struct owners owners;
	__u64 walked;		/* sockets in this look */
	__u64 cut;		/* sockets that hold more than was walked */
	__u64 nameless;		/* pieces of files beyond those that get a name */
	__u64 bytes[PF_NOW_QUEUES][PF_NOW_KINDS];	/* of all sockets that pass the filter */
};

/* Load what is needed. The filter stays the caller's. 0, or -errno with ret_err set. */
int look_open(struct look *ret_look, const struct filter *filter, bool verbose,
	      struct err *ret_err);

/* Look now. What was found before is gone. 0, or -errno with ret_err set. */
int look_take(struct look *look, struct err *ret_err);

void look_close(struct look *look);

/* A file as it is shown. */
struct look_file {
	const struct pf_ev_op *file;	/* NULL: memory of processes, or a file without a number */
	const char *path;	/* NULL: not known; valid until the next look_file() */
	enum path_view view;
	bool deleted;
};

/* pid: a process whose mount table is asked if ours does not have the mount; 0: nobody. */
void look_file(struct look *look, __u32 number, __u32 pid, struct look_file *ret_file);

#define LOOK_OWNERS 16		/* of one file that are named */

/* Owners of all sockets that hold a file, each process once. *ret_cut: there are more. */
size_t look_owners(const struct look *look, const struct hold_file *file,
		   struct owner ret_owners[LOOK_OWNERS], bool *ret_cut);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * exposure - a file that is sent by reference though somebody could change it: what would be
 * an incident if he did so in time.
 */
#ifndef PAGEFLIGHT_EXPOSURE_H
#define PAGEFLIGHT_EXPOSURE_H

#include "exposed.h"
#include "names/openers.h"
#include "names/shown.h"

/* Of one file and the name of who sent it. Texts are those of whoever has it. */
struct exposure {
	__u64 wall_ns;			/* when pages were taken last, as UTC since the epoch */
	__u32 pid;			/* one of the senders */
	char comm[PF_COMM_LEN];
	__u64 dev, ino;
	const char *path;		/* raw bytes, any but NUL; NULL: not known */
	enum path_view view;
	bool deleted;
	__u64 pages;			/* taken while somebody could change them */
	__u32 how;			/* PF_EXPOSED_* */
	__u64 incidents;		/* about this file */
	bool sought;			/* somebody has looked for who it is */
	const struct opener *openers;
	size_t n_openers;
	bool openers_cut;		/* there may be more */
};

#define EXPOSURES_TOLD 16	/* in a summary */

/* What a session has seen of all of them. */
struct exposures_sum {
	__u64 files;			/* a file counts for each name of a sender */
	__u64 pages;			/* of these files */
	const struct exposure *at;	/* the worst first */
	size_t n;
};

#define EXPOSURE_TEXT 1024

/*
 * One sentence: "nginx sends /srv/f by reference (4,348 pages); dd[221] has it open for
 * writing, nothing overwritten yet".
 */
char *exposure_text(char buf[EXPOSURE_TEXT], const struct exposure *e);

#endif

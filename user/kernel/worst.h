/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * worst - the connections and files of a session that hold the most, or for the longest
 * time. The kernel side finds them, so that a look costs the same for the reader whatever is
 * in flight. Functions return 0 or -errno.
 */
#ifndef PAGEFLIGHT_WORST_H
#define PAGEFLIGHT_WORST_H

#include <stdbool.h>
#include <stddef.h>
#include "top.h"

struct err;
struct loader;
struct worst;

/* Load what looks. The loader must stay open until worst_close(). */
int worst_open(struct worst **ret_worst, const struct loader *l, struct err *ret_err);

/* What was found, in no order; valid until the next look. */
struct worst_found {
	const struct pf_top_said *said;
	const struct pf_top_conn *conns;	/* said->n_conns */
	const struct pf_top_file *files;	/* said->n_files, ... */
	const struct pf_ev_op *names;		/* ... and what they are called */
};

int worst_look(struct worst *w, enum pf_top_sort sort, struct worst_found *ret_found);

/* NULL is allowed. */
void worst_close(struct worst *w);

#endif

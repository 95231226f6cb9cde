/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ls - one look as text for people, or as JSON lines for programs. */
#ifndef PAGEFLIGHT_LS_H
#define PAGEFLIGHT_LS_H

#include <linux/types.h>
#include "look.h"

struct sink;

enum ls_by {
	LS_FILES,
	LS_SOCKETS,
	LS_PIECES,
};

/* Print all of a look. 0, or -errno of the write. */
int ls_print_text(struct sink *sink, struct look *look, enum ls_by by);
int ls_print_json(struct sink *sink, struct look *look, enum ls_by by, __u64 wall_ns);

#endif

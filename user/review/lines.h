/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* lines - a recording as the JSON lines that its session printed. */
#ifndef PAGEFLIGHT_LINES_H
#define PAGEFLIGHT_LINES_H

#include <stdio.h>
#include "record/replay.h"

/* 0, or -errno and ret_err has one line. What came before a failure was printed. */
int lines_print(struct reader *r, FILE *out, struct replay_result *ret_result, struct err *ret_err);

#endif

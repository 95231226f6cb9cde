/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* case_text - one case as a picture of 80 columns and at most 24 lines, in ASCII. */
#ifndef PAGEFLIGHT_CASE_TEXT_H
#define PAGEFLIGHT_CASE_TEXT_H

#include <stdio.h>
#include "crossing.h"

/* The caller finds errors of the write by sink_flush(). */
void case_print(FILE *out, const struct review *v, const struct kase *c);

/* The same, of a case that is in no review. */
void case_draw(FILE *out, const struct kase *c, const struct crossing *x);

#endif

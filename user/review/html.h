/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * html - a recording as one page that stands alone: no script, nothing from the network,
 * its own pictures. Names in it come from anybody and are text, whatever is in them.
 */
#ifndef PAGEFLIGHT_HTML_H
#define PAGEFLIGHT_HTML_H

#include <stdio.h>
#include "review.h"

#define HTML_CASES 50	/* that are drawn, the worst first */
#define HTML_ROWS 1000	/* that are listed */

/* The caller finds errors of the write by sink_flush(). 0 or -ENOMEM. */
int html_print(FILE *out, const struct review *v);

/* Text as text, cut behind so many characters. */
void html_text(FILE *out, const char *text, size_t max);

/* Pictures: one case, its bytes, and lifetimes over time. */
void svg_crossing(FILE *out, const struct review *v, const struct kase *c);
void svg_bytes(FILE *out, const struct kase *c);
void svg_heat(FILE *out, const struct review *v);

#endif

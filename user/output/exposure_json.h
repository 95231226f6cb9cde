/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* exposure_json - files that somebody could change, as JSON. */
#ifndef PAGEFLIGHT_EXPOSURE_JSON_H
#define PAGEFLIGHT_EXPOSURE_JSON_H

#include "sink.h"

struct json;

/* Print the line of one. */
int exposure_json(struct sink *sink, const struct exposure *e);

/* Put the object "exposed" of the summary. */
void json_put_exposed(struct json *j, const struct summary *sum);

#endif

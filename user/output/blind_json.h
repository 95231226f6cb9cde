/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* blind_json - what is not seen on this kernel, for the summary and for probe. */
#ifndef PAGEFLIGHT_BLIND_JSON_H
#define PAGEFLIGHT_BLIND_JSON_H

#include <stddef.h>

struct hook;
struct json;

/* Put the array "not_detected". */
void json_put_blind(struct json *j, const struct hook *hooks, size_t n);

#endif

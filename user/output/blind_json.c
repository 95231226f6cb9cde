// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* blind_json.c - see blind_json.h. */
#include "blind_json.h"

#include "json.h"
#include "kernel/hooks.h"

void json_put_blind(struct json *j, const struct hook *hooks, size_t n)
{
	json_array(j, "not_detected");
	for (size_t i = 0; i < n; i++) {
		const struct hook *h = hooks_blind(hooks, n, i);

		if (!h)
			continue;
		json_object(j, NULL);
		json_text(j, "what", h->blind_without);
		json_text(j, "symbol", h->symbol);
		json_text(j, "why", hook_why_not(h));
		json_object_end(j);
	}
	json_array_end(j);
}

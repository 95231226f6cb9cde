// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* lines.c - see lines.h. */
#include "lines.h"

#include <string.h>

#include "base/err.h"

static int on_incident(void *ctx, __u64 n, const struct shown *shown)
{
	struct sink *sink = ctx;

	(void)n;
	return sink->ops->incident(sink, shown);
}

int lines_print(struct reader *r, FILE *out, struct replay_result *ret_result, struct err *ret_err)
{
	struct sink sink = { .ops = &sink_json, .out = out };
	const struct replay_calls calls = { .on_incident = on_incident, .ctx = &sink };
	struct summary sum;
	int err;

	ret_err->text[0] = '\0';
	err = replay(r, &calls, ret_result, ret_err);
	if (!err && reader_summary(r, &sum))
		err = sink.ops->summary(&sink, &sum);
	if (err && !ret_err->text[0])
		err_set(ret_err, err, "cannot write to standard output: %s", strerror(-err));
	return err;
}

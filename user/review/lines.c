// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* lines.c - see lines.h. */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/told.h"

struct lines {
	struct sink sink;
	struct told *told;
	size_t next, n;			/* of these */
};

/* What was told before so many incidents were. */
static int print_told(struct lines *l, __u64 incidents)
{
	int err = 0;

	for (; !err && l->next < l->n && l->told[l->next].after < incidents; l->next++)
		if (!l->told[l->next].at_end)
			err = l->sink.ops->exposure(&l->sink, &l->told[l->next].e);
	return err;
}

static int on_incident(void *ctx, __u64 n, const struct shown *shown)
{
	struct lines *l = ctx;

	return print_told(l, n) ?: l->sink.ops->incident(&l->sink, shown);
}

int lines_print(struct reader *r, FILE *out, struct replay_result *ret_result, struct err *ret_err)
{
	struct lines l = { .sink = { .ops = &sink_json, .out = out } };
	const struct replay_calls calls = { .on_incident = on_incident, .ctx = &l };
	long told = told_read(r, &l.told);
	struct summary sum;
	int err;

	ret_err->text[0] = '\0';
	if (told < 0)
		return err_set(ret_err, -ENOMEM, "out of memory");
	l.n = told;
	err = replay(r, &calls, ret_result, ret_err);
	err = err ?: print_told(&l, -1ull);
	if (!err && reader_summary(r, &sum))
		err = l.sink.ops->summary(&l.sink, &sum);
	free(l.told);
	if (err && !ret_err->text[0])
		err_set(ret_err, err, "cannot write to standard output: %s", strerror(-err));
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * repair.c - what each peer has to fetch again: the ranges of the file that arrived
 * wrong, or perhaps wrong, put together where they touch.
 */
#include "overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "bytemap.h"
#include "tally.h"

struct part {
	const struct kase *c;
	__u64 from, to;		/* in the file; or in the stream if there is none */
	bool certain;
};

static int by_place(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->c->inc.conn != y->c->inc.conn)
		return x->c->inc.conn < y->c->inc.conn ? -1 : 1;
	if (x->c->inc.dev != y->c->inc.dev)
		return x->c->inc.dev < y->c->inc.dev ? -1 : 1;
	if (x->c->inc.ino != y->c->inc.ino)
		return x->c->inc.ino < y->c->inc.ino ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static bool same_place(const struct part *x, const struct part *y)
{
	return x->c->inc.conn == y->c->inc.conn && x->c->inc.dev == y->c->inc.dev &&
	       x->c->inc.ino == y->c->inc.ino;
}

static size_t count_parts(const struct review *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_cases; i++)
		n += v->cases[i].inc.n_ranges;
	return n;
}

static size_t take_parts(const struct review *v, struct part *ret_parts)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_cases; i++) {
		const struct kase *c = &v->cases[i];

		for (size_t k = 0; k < c->inc.n_ranges; k++) {
			const struct pf_range *r = &c->inc.ranges[k];
			__u64 at = pf_incident_no_file(&c->inc) ? r->stream_off : r->file_off;

			if (r->answer.verdict >= PF_VERDICT_POSSIBLE)
				ret_parts[n++] = (struct part){ c, at, at + r->len,
							       bytemap_wrong(r->answer.verdict) };
		}
	}
	return n;
}

/* Join what touches; a part that has certain bytes is certain. */
static size_t join(struct part *parts, size_t n)
{
	size_t last = 0;

	for (size_t i = 1; i < n; i++) {
		if (same_place(&parts[last], &parts[i]) && parts[i].from <= parts[last].to) {
			parts[last].to = parts[i].to > parts[last].to ? parts[i].to : parts[last].to;
			parts[last].certain |= parts[i].certain;
		} else {
			parts[++last] = parts[i];
		}
	}
	return n ? last + 1 : 0;
}

static void put_head(FILE *out, const struct part *p)
{
	char buf[8192], clean[4 * 8192 + 2];

	fputs(tally_connection(p->c, buf, sizeof(buf)), out);
	kase_file(p->c, buf, sizeof(buf));
	fprintf(out, "\n  %s\n", fmt_cell(clean, sizeof(clean), buf, sizeof(buf), false));
}

/* Parts of one peer and one file: offsets, and as one header of HTTP. */
static void put_parts(FILE *out, const struct part *parts, size_t n)
{
	bool no_file = pf_incident_no_file(&parts->c->inc);

	for (size_t i = 0; i < n; i++)
		fprintf(out, "    %s%llu + %llu%s\n", no_file ? "stream " : "", parts[i].from,
			parts[i].to - parts[i].from, parts[i].certain ? "" : " (perhaps)");
	if (no_file)
		return;
	fputs("    Range: bytes=", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%llu-%llu", i ? "," : "", parts[i].from, parts[i].to - 1);
	fputc('\n', out);
}

int repair_print(FILE *out, const struct review *v)
{
	struct part *parts = calloc(count_parts(v) + 1, sizeof(*parts));
	size_t n, end;

	if (!parts)
		return -ENOMEM;
	n = take_parts(v, parts);
	qsort(parts, n, sizeof(*parts), by_place);
	n = join(parts, n);
	if (!n)
		fputs("Nothing has to be fetched again.\n", out);
	for (size_t at = 0; at < n; at = end) {
		for (end = at + 1; end < n && same_place(&parts[at], &parts[end]); end++)
			;
		put_head(out, &parts[at]);
		put_parts(out, parts + at, end - at);
	}
	free(parts);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* overview.c - see overview.h. */
#include "overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "heat.h"
#include "output/summary.h"
#include "tally.h"

#define ROWS 5		/* of a list */
#define CASES 20
#define WIDTH 79
#define TEXT 8448

static void line(FILE *out, const char *text, size_t width)
{
	char clean[4 * WIDTH + 2];

	fmt_cell(clean, sizeof(clean), text, width, false);
	fprintf(out, "%s\n", clean);
}

static void put_about(FILE *out, const struct review *v)
{
	char text[TEXT], from[FMT_TIME_LEN], to[FMT_TIME_LEN];

	snprintf(text, sizeof(text), "%s: host %s, Linux %s", v->r->path,
		 reader_about(v->r, "host") ?: "?", reader_about(v->r, "kernel") ?: "?");
	line(out, text, WIDTH);
	if (v->first_mono)
		fprintf(out, "from %.19sZ to %.19sZ\n", fmt_time(from, reader_wall(v->r, v->first_mono)),
			fmt_time(to, v->has_summary ? v->sum.wall_ns : reader_wall(v->r, v->last_mono)));
}

static int put_tally(FILE *out, const struct review *v, const char *title, tally_name_fn name)
{
	struct tally *t;
	ssize_t n = tally_of(v, name, &t);
	char size[FMT_SIZE_LEN], clean[4 * WIDTH];

	if (n < 0)
		return -ENOMEM;
	fprintf(out, "\n%-44s %8s %8s %9s\n", title, "wrong", "bytes", "incidents");
	for (ssize_t i = 0; i < n && i < ROWS; i++) {
		int pad = 44 - (int)fmt_width(fmt_cell(clean, sizeof(clean), t[i].name, 42, true));

		fprintf(out, "  %s%*s %6llu %8s %9llu\n", clean, pad > 0 ? pad : 0, "", t[i].wrong,
			fmt_size(size, t[i].bytes), t[i].all);
	}
	if (n > ROWS)
		fprintf(out, "  ... and %zd more\n", n - ROWS);
	tally_free(t, n);
	return 0;
}

static void put_case(FILE *out, const struct kase *c)
{
	char text[TEXT], writer[64], file[4096], cut[4 * WIDTH], size[FMT_SIZE_LEN], clock[FMT_TIME_LEN];

	fmt_cell(cut, sizeof(cut), kase_file(c, file, sizeof(file)), 28, true);
	snprintf(text, sizeof(text), "%6llu  %s  %-9s %-8s %5s  %-14.14s %s", c->n,
		 fmt_clock(clock, c->wall_ns, false), pf_verdict_name(c->inc.answer.verdict),
		 pf_reason_name(c->inc.answer.reason), fmt_size(size, c->inc.bytes),
		 kase_task(&c->inc.writer, NULL, writer, sizeof(writer)), cut);
	line(out, text, WIDTH);
}

static int put_cases(FILE *out, const struct review *v)
{
	const struct kase **list = review_worst(v);

	if (!list)
		return -ENOMEM;
	fprintf(out, "\n%6s  %-8s  %-9s %-8s %5s  %-14s %s\n", "case", "time", "verdict", "reason", "bytes",
		"writer", "file");
	for (size_t i = 0; i < v->n_cases && i < CASES; i++)
		put_case(out, list[i]);
	if (v->n_cases > CASES)
		fprintf(out, "  ... and %zu more, as 'pageflight report -j' prints them\n", v->n_cases - CASES);
	fputs("'--case N' shows one of them.\n", out);
	free(list);
	return 0;
}

int overview_print(FILE *out, const struct review *v)
{
	__u64 gone = reader_lost(v->r, "rotated incidents");
	struct heat heat;
	int err = 0;

	put_about(out, v);
	if (v->has_summary)
		summary_print(out, &v->sum);
	if (gone)
		fprintf(out, "rotated    %llu incidents with their evidence, to keep the recording small\n", gone);
	if (v->n_cases) {
		err = put_tally(out, v, "files", tally_file);
		err = err ?: put_tally(out, v, "writers", tally_writer);
		err = err ?: put_tally(out, v, "senders", tally_sender);
		err = err ?: put_tally(out, v, "connections", tally_connection);
	}
	heat_of(v, &heat);
	fputc('\n', out);
	heat_print(out, v, &heat);
	if (v->n_cases)
		err = err ?: put_cases(out, v);
	return err;
}

struct figures {
	__u64 incidents[PF_VERDICT_MAX], bytes[PF_VERDICT_MAX];
	__u64 pages, connections, seconds;
};

static void figures_of(const struct review *v, struct figures *ret)
{
	const struct pf_stats *stats = &v->sum.totals.stats;

	*ret = (struct figures){
		.pages = stats->count[PF_C_attached], .connections = stats->count[PF_C_conns],
		.seconds = v->sum.duration_ns / 1000000000,
	};
	for (size_t i = 0; i < v->n_cases; i++) {
		ret->incidents[v->cases[i].inc.answer.verdict]++;
		ret->bytes[v->cases[i].inc.answer.verdict] += v->cases[i].inc.bytes;
	}
	if (!v->has_summary)
		return;
	memcpy(ret->incidents, v->sum.incidents, sizeof(ret->incidents));
	memcpy(ret->bytes, v->sum.bytes, sizeof(ret->bytes));
}

static void put_pair(FILE *out, const char *name, __u64 a, __u64 b)
{
	fprintf(out, "%-24s %16llu %16llu\n", name, a, b);
}

/* Rows of both, those of the first one first. */
static int put_names(FILE *out, const char *title, const struct review *a, const struct review *b,
		     tally_name_fn name)
{
	struct tally *x = NULL, *y = NULL;
	ssize_t n = tally_of(a, name, &x), m = n < 0 ? -1 : tally_of(b, name, &y), both;
	char clean[4 * WIDTH];

	if (m < 0) {
		tally_free(x, n < 0 ? 0 : n);
		return -ENOMEM;
	}
	fprintf(out, "\nincidents by %s\n", title);
	for (ssize_t i = 0; i < n && i < 2 * ROWS; i++) {
		for (both = 0; both < m && strcmp(x[i].name, y[both].name); both++)
			;
		fprintf(out, "%16llu %16llu  %s\n", x[i].all, both < m ? y[both].all : 0,
			fmt_cell(clean, sizeof(clean), x[i].name, 44, true));
	}
	for (ssize_t i = 0; i < m && i < 2 * ROWS; i++) {
		for (both = 0; both < n && strcmp(x[both].name, y[i].name); both++)
			;
		if (both == n)
			fprintf(out, "%16llu %16llu  %s\n", 0ull, y[i].all,
				fmt_cell(clean, sizeof(clean), y[i].name, 44, true));
	}
	tally_free(x, n);
	tally_free(y, m);
	return 0;
}

int compare_print(FILE *out, const struct review *a, const struct review *b)
{
	struct figures x, y;

	figures_of(a, &x);
	figures_of(b, &y);
	fputs("A: ", out);
	put_about(out, a);
	fputs("B: ", out);
	put_about(out, b);
	fprintf(out, "\n%-24s %16s %16s\n", "", "A", "B");
	put_pair(out, "seconds", x.seconds, y.seconds);
	put_pair(out, "pages", x.pages, y.pages);
	put_pair(out, "connections", x.connections, y.connections);
	for (int i = PF_VERDICT_MAX - 1; i >= 0; i--)
		put_pair(out, pf_verdict_name(i), x.incidents[i], y.incidents[i]);
	put_pair(out, "corrupt bytes", x.bytes[PF_VERDICT_CORRUPT], y.bytes[PF_VERDICT_CORRUPT]);
	put_pair(out, "mixed bytes", x.bytes[PF_VERDICT_MIXED], y.bytes[PF_VERDICT_MIXED]);
	return put_names(out, "file", a, b, tally_file) ?: put_names(out, "writer", a, b, tally_writer);
}

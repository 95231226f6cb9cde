// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* table - see table.h. */
#include "table.h"

#define ULL(x) ((unsigned long long)(x))

static double percent(uint64_t part, uint64_t all)
{
	return all ? 100.0 * part / all : 0;
}

static void print_share(FILE *out, const char *writer, const char *named,
			const struct truth_share *s)
{
	fprintf(out, "%-12s %-5s %10llu %9llu %6.1f %% %12llu %12llu %6.1f %% %6.1f %%\n", writer,
		named, ULL(s->incidents), ULL(s->possible), percent(s->possible, s->incidents),
		ULL(s->bytes), ULL(s->possible_bytes), percent(s->possible_bytes, s->bytes),
		percent(s->wrong, s->possible_bytes));
}

static void print_blurred(FILE *out, const struct truth_judge *j)
{
	struct truth_share sum = { 0 };

	fprintf(out, "%-12s %-5s %10s %9s %8s %12s %12s %8s %8s\n", "writer", "named",
		"incidents", "possible", "", "bytes", "possible", "", "wrong");
	for (unsigned int i = 0; i < TRUTH_NAMES * (WRITER_MAX + 1); i++) {
		const enum writer how = i % (WRITER_MAX + 1);
		const enum truth_named named = i / (WRITER_MAX + 1);
		const struct truth_share *s = &j->share[how][named];

		sum.incidents += s->incidents;
		sum.possible += s->possible;
		sum.bytes += s->bytes;
		sum.possible_bytes += s->possible_bytes;
		sum.wrong += s->wrong;
		if (s->incidents)
			print_share(out, how == TRUTH_UNKNOWN ? "several" : writer_names[how],
				    named == TRUTH_NAMED ? "yes" : "no", s);
	}
	print_share(out, "all", "", &sum);
	fputs("possible because:", out);
	for (unsigned int i = 0; i < TRUTH_REASONS && *j->possible[i].name; i++)
		fprintf(out, " %s %llu (%llu bytes)", j->possible[i].name,
			ULL(j->possible[i].incidents), ULL(j->possible[i].bytes));
	fputc('\n', out);
}

void table_print(FILE *out, const char *kernel, const char *content,
		 const struct truth_judge *j)
{
	fprintf(out, "\nkernel %s, content %s: %llu flows, %llu bytes\n", kernel, content,
		ULL(j->flows), ULL(j->bytes));
	fprintf(out, "%-10s %10s %14s %14s %18s\n", "said", "incidents", "arrived right",
		"arrived wrong", "both went by");
	for (int i = SAID_MAX; i >= 0; i--) {
		/* Rows go from corrupt down to identical. Bytes without an incident come last. */
		const struct truth_row *row = i ? &j->row[i - 1] : &j->row[SAID_MAX];

		fprintf(out, "%-10s %10llu %14llu %14llu %18llu\n",
			i ? said_verdict_names[i - 1] : "nothing", ULL(row->incidents),
			ULL(row->right), ULL(row->wrong), ULL(row->both));
	}
	fputs("writes that found bytes", out);
	for (enum state i = 0; i < STATE_MAX; i++)
		fprintf(out, "%s %s: %llu", i ? "," : "", state_names[i], ULL(j->reached[i]));
	fprintf(out, "\nmissed: %llu bytes\nfalse: %llu bytes\n", ULL(j->missed), ULL(j->wrong));
	fprintf(out, "coarse: %llu bytes (right ones, in a page piece that a store changed in part "
		"while it was being copied; only the piece can be named)\n", ULL(j->coarse));
	if (j->hooks_only)
		fprintf(out, "blind: %llu bytes (stores through a mapping and rewrites of the same "
			"bytes, which hooks alone cannot tell)\n", ULL(j->blind));
	print_blurred(out, j);
}

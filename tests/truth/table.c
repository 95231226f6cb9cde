// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* table - see table.h. */
#include "table.h"

#define ULL(x) ((unsigned long long)(x))

static double percent(uint64_t part, uint64_t all)
{
	return all ? 100.0 * part / all : 0;
}

static void print_blurred(FILE *out, const struct truth_judge *j)
{
	struct truth_share sum = { 0 };

	for (unsigned int i = 0; i <= WRITER_MAX; i++) {
		sum.incidents += j->share[i].incidents;
		sum.possible += j->share[i].possible;
		sum.bytes += j->share[i].bytes;
		sum.possible_bytes += j->share[i].possible_bytes;
	}
	fprintf(out, "blurred: %.1f %% of incidents, %.1f %% of bytes:",
		percent(sum.possible, sum.incidents), percent(sum.possible_bytes, sum.bytes));
	for (unsigned int i = 0; i <= WRITER_MAX; i++) {
		const struct truth_share *s = &j->share[i];

		if (s->incidents)
			fprintf(out, " %s %llu/%llu (%.1f %%)",
				i == TRUTH_UNKNOWN ? "unnamed" : writer_names[i], ULL(s->possible),
				ULL(s->incidents), percent(s->possible_bytes, s->bytes));
	}
	fputs("\nbecause:", out);
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

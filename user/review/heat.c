// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* heat.c - see heat.h. The counters are told about once a second, and a difference lies in its last column. */
#include "heat.h"

#include <string.h>

#include "base/fmt.h"
#include "bytemap.h"

static int column_of(const struct heat *heat, __u64 mono)
{
	if (mono <= heat->from)
		return 0;
	if (mono >= heat->to)
		return HEAT_COLUMNS - 1;
	return (double)(mono - heat->from) * HEAT_COLUMNS / (heat->to - heat->from);
}

static int slot_of(__u64 ns)
{
	__u64 us = ns / 1000;
	int slot = us ? 64 - __builtin_clzll(us) : 0;

	return slot < PF_HIST_SLOTS ? slot : PF_HIST_SLOTS - 1;
}

static void widen(struct heat *heat, int slot)
{
	heat->low = slot < heat->low ? slot : heat->low;
	heat->high = slot > heat->high ? slot : heat->high;
}

void heat_of(const struct review *v, struct heat *ret_heat)
{
	struct heat *heat = ret_heat;
	const struct moment *before = NULL;

	*heat = (struct heat){ .from = v->first_mono, .to = v->last_mono, .low = PF_HIST_SLOTS, .high = -1 };
	if (heat->to <= heat->from)
		heat->to = heat->from + 1;
	for (size_t i = 0; i < v->n_moments; before = &v->moments[i++]) {
		for (int slot = 0; slot < PF_HIST_SLOTS; slot++) {
			__u64 more = v->moments[i].to_release[slot] - (before ? before->to_release[slot] : 0);

			if (!more)
				continue;
			heat->pages[slot][column_of(heat, v->moments[i].mono)] += more;
			widen(heat, slot);
		}
	}
	for (size_t i = 0; i < v->n_cases; i++) {
		int slot = slot_of(v->cases[i].inc.age_ns);
		char *mark = &heat->marks[slot][column_of(heat, v->cases[i].inc.ts)];

		if (*mark != 'C')
			*mark = bytemap_wrong(v->cases[i].inc.answer.verdict) ? 'C' : 'm';
		widen(heat, slot);
	}
}

static char cell(const struct heat *heat, int slot, int column)
{
	__u64 pages = heat->pages[slot][column];

	if (heat->marks[slot][column])
		return heat->marks[slot][column];
	return pages >= 1000 ? '#' : pages >= 100 ? '+' : pages >= 10 ? ':' : pages ? '.' : ' ';
}

static void put_times(FILE *out, const struct review *v, const struct heat *heat)
{
	char times[HEAT_COLUMNS + 16] = "", clock[FMT_TIME_LEN];

	memset(times, ' ', sizeof(times) - 1);
	for (int i = 0; i <= 4; i++) {
		int at = (HEAT_COLUMNS - 8) / 4 * i;
		__u64 mono = heat->from + (heat->to - heat->from) / HEAT_COLUMNS * at;

		memcpy(times + at, fmt_clock(clock, reader_wall(v->r, mono), false), 8);
	}
	times[HEAT_COLUMNS] = '\0';
	fprintf(out, "         %s\n", times);
}

void heat_print(FILE *out, const struct review *v, const struct heat *heat)
{
	char age[FMT_SIZE_LEN], row[HEAT_COLUMNS + 1];

	if (heat->low > heat->high)
		return;
	fputs("attach to release, pages: . 1+  : 10+  + 100+  # 1000+   C wrong  m other incident\n", out);
	for (int slot = heat->high; slot >= heat->low; slot--) {
		int n = HEAT_COLUMNS;

		for (int i = 0; i < HEAT_COLUMNS; i++)
			row[i] = cell(heat, slot, i);
		while (n && row[n - 1] == ' ')
			n--;
		fprintf(out, "  %6s |%.*s\n", fmt_age(age, slot ? 1000ull << (slot - 1) : 0), n, row);
	}
	put_times(out, v, heat);
}

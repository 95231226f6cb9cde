// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* report - see report.h. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "median.h"
#include "progs.h"

void report_programs(const char *watcher, enum load load, const struct progs *progs)
{
	double units = load_units(load);

	printf("\n%-9s %-42s %9s %10s %11s %9s\n", watcher, load_names[load], "runs", "a run",
	       "in all", "jited");
	for (int i = 0; i < progs->n; i++) {
		const struct prog *p = &progs->prog[i];

		if (p->ns / units >= 1)
			printf("  %-50s %9.2f %10.0f %11.0f %7u B\n", p->name, p->runs / units,
			       (double)p->ns / p->runs, p->ns / units, p->jited);
	}
}

static double middle(struct report *r, enum load load, enum column column)
{
	return median(r->values[load][column], r->rounds);
}

static double added(struct report *r, enum load load, enum column column)
{
	return middle(r, load, column) - middle(r, load, COLUMN_NONE);
}

/* Half the distance of the smallest and the largest. The median has sorted the values. */
static double spread(struct report *r, enum load load, enum column column)
{
	const double *v = r->values[load][column];

	return (v[r->rounds - 1] - v[0]) / 2;
}

static void print_row(struct report *r, enum load load, const unsigned int loads[COLUMNS])
{
	printf("%-42s %9.0f", load_names[load], middle(r, load, COLUMN_NONE));
	for (int c = COLUMN_FLOOR; c < COLUMNS; c++) {
		if (r->missing[c] || !(loads[c] & LOAD_BIT(load)))
			printf(" %9s", "-");
		else
			printf(" %+9.0f", added(r, load, c));
	}
	printf("\n%-42s %9.0f", "  half the spread of the runs", spread(r, load, COLUMN_NONE));
	for (int c = COLUMN_FLOOR; c < COLUMNS; c++) {
		if (r->missing[c] || !(loads[c] & LOAD_BIT(load)))
			printf(" %9s", "");
		else
			printf(" %9.0f", spread(r, load, c));
	}
	putchar('\n');
}

static void print_table(struct report *r, const unsigned int loads[COLUMNS],
			const struct watcher watchers[COLUMNS])
{
	struct utsname u;

	uname(&u);
	printf("\nLinux %s: instructions of the guest per unit, medians of %d runs;\n"
	       "what each watcher adds to them unwatched\n\n%-42s",
	       u.release, r->rounds, "");
	for (int c = 0; c < COLUMNS; c++)
		printf(" %9s", watchers[c].name);
	putchar('\n');
	for (int i = 0; i < LOAD_MAX; i++)
		print_row(r, i, loads);
	for (int c = 0; c < COLUMNS; c++)
		if (r->missing[c])
			printf("not measured: %s, %s\n", watchers[c].name, r->missing[c]);
}

static void goal(const char *what, double figure, double most, const char *unit)
{
	printf("goal  %-56s at most %7.5g %-3s %9.5g  %s\n", what, most, unit, figure,
	       figure <= most ? "met" : "not met");
}

static void unmeasured(const char *what, const char *why)
{
	printf("goal  %-56s not measured: %s\n", what, why);
}

/* The goal is for the slowest filter. */
static void print_excluded_goal(struct report *r)
{
	double most = 0, base = middle(r, LOAD_PAGE, COLUMN_NONE);
	const char *by = NULL;
	char what[64];

	for (int i = 0; i < REPORT_FILTERS; i++) {
		if (r->excluded[i].by && (!by || r->excluded[i].value - base > most)) {
			by = r->excluded[i].by;
			most = r->excluded[i].value - base;
		}
	}
	snprintf(what, sizeof(what), "page excluded by a filter (the worst: %s)", by ?: "?");
	if (by)
		goal(what, most, 250, "");
	else
		unmeasured("page excluded by a filter", r->missing[COLUMN_EXCLUDED]);
}

static void print_excluded(struct report *r)
{
	printf("\n%-42s", "page excluded by");
	for (int i = 0; i < REPORT_FILTERS; i++)
		printf(" %9s", r->excluded[i].by);
	printf("\n%-42s", "  added");
	for (int i = 0; i < REPORT_FILTERS; i++)
		printf(" %+9.0f", r->excluded[i].value - middle(r, LOAD_PAGE, COLUMN_NONE));
	putchar('\n');
}

static void print_goals(struct report *r)
{
	double page = added(r, LOAD_PAGE, COLUMN_OFF);

	goal("page sent, acknowledged, released; content off", page, 1200, "");
	goal("  the same, stretch", page, 800, "");
	goal("page, by default, above content off",
	     100 * (added(r, LOAD_PAGE, COLUMN_WIRE) / page - 1), 10, "%");
	goal("fingerprint of 4 KiB", r->fp.both, 3500, "");
	goal("ACK on an untracked socket, by default", added(r, LOAD_ACK, COLUMN_WIRE), 200, "");
	goal("write() 4 KiB, nothing in flight", added(r, LOAD_WRITE_4K, COLUMN_OFF), 200, "");
	goal("write() 4 KiB, 100,000 pages in flight", added(r, LOAD_WRITE_4K_BUSY, COLUMN_OFF),
	     400, "");
	goal("write() 1 MiB, nothing in flight",
	     100 * added(r, LOAD_WRITE_1M, COLUMN_OFF) / middle(r, LOAD_WRITE_1M, COLUMN_NONE), 3,
	     "%");
	goal("write() 1 MiB, 100,000 pages in flight",
	     100 * added(r, LOAD_WRITE_1M_BUSY, COLUMN_OFF) /
	     middle(r, LOAD_WRITE_1M_BUSY, COLUMN_NONE), 3, "%");
	print_excluded_goal(r);
	if (r->missing[COLUMN_BPFTRACE])
		unmeasured("page, less than the bpftrace script", r->missing[COLUMN_BPFTRACE]);
	else
		goal("page, less than the bpftrace script", page,
		     added(r, LOAD_PAGE, COLUMN_BPFTRACE), "");
	goal("daemon while nothing happens, of a processor", r->idle_ppm / 1e4, 0.1, "%");
}

void report_print(struct report *r, const unsigned int loads[COLUMNS],
		  const struct watcher watchers[COLUMNS])
{
	print_table(r, loads, watchers);
	if (r->excluded[0].by)
		print_excluded(r);
	printf("\nfingerprint of 4 KiB in the kernel: %" PRIu64 "; to read it all at once %" PRIu64
	       ", in blocks of 128 bytes %" PRIu64 "; to hash what was read %" PRIu64 "\n",
	       r->fp.both, r->fp.read_whole, r->fp.read_blocks, r->fp.hash);
	printf("daemon: %.0f millionths of a processor when idle, %.1f per page not overwritten\n\n",
	       r->idle_ppm, r->idle_page_ns);
	print_goals(r);
}

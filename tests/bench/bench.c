// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * bench - what watching costs, in instructions of a guest that counts them
 * (tests/vm/run --icount): every workload beside every watcher, in rounds, so
 * that each watcher's figures stand next to those without any.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "floor.h"
#include "lib/say.h"
#include "load.h"
#include "median.h"
#include "progs.h"
#include "report.h"
#include "watcher.h"

#define ROOM "--max-pages", "131071"	/* for the crowd */
#define OFF ROOM, "--content", "off"
#define IDLE_NS 10000000000ull
#define EXCLUDED_RUNS 3
#define FREED_S 5

#define LOADS_BASE (LOAD_BIT(LOAD_PAGE) | LOAD_BIT(LOAD_PAGE_MAPPED) | LOAD_BIT(LOAD_ACK) | \
		    LOAD_BIT(LOAD_PING) | LOAD_BIT(LOAD_WRITE_4K) | LOAD_BIT(LOAD_WRITE_1M) | \
		    LOAD_BIT(LOAD_MAP))
#define LOADS_HIT (LOAD_BIT(LOAD_HIT_1) | LOAD_BIT(LOAD_HIT_1000))
#define LOADS_ALL (LOAD_BIT(LOAD_MAX) - 1)

/* In the order of enum column. */
static const struct watcher watchers[COLUMNS] = {
	{ .name = "unwatched", .kind = WATCHER_NONE },
	{ .name = "floor", .kind = WATCHER_FLOOR },
	{ .name = "off", .kind = WATCHER_PAGEFLIGHT, .args = { OFF } },
	{ .name = "edges", .kind = WATCHER_PAGEFLIGHT, .args = { ROOM, "--content", "edges" } },
	{ .name = "wire", .kind = WATCHER_PAGEFLIGHT, .args = { ROOM, "--content", "wire" } },
	{ .name = "excluded", .kind = WATCHER_PAGEFLIGHT, .args = { OFF, "--port", "9" } },
	{ .name = "bpftrace", .kind = WATCHER_BPFTRACE },
};

static const unsigned int loads[COLUMNS] = {
	LOADS_ALL, LOADS_BASE, LOADS_ALL, LOADS_BASE | LOADS_HIT, LOADS_BASE | LOADS_HIT,
	LOADS_BASE, LOAD_BIT(LOAD_PAGE),
};

static struct report report;

static bool broken;	/* a figure is of something else than it says */

static void check_summary(int column, struct json_object *summary)
{
	uint64_t flights = summary_get(summary, "flights");
	const char *name = watchers[column].name;

	if (!summary)
		return;
	if (summary_lost(summary)) {
		printf("%s lost something: %s\n", name,
		       json_object_to_json_string(json_object_object_get(summary, "losses")));
		broken = true;
	}
	if ((column == COLUMN_EXCLUDED) != !flights) {
		printf("%s has followed %" PRIu64 " pages\n", name, flights);
		broken = true;
	}
	json_object_put(summary);
}

static void run_column(int column, int round)
{
	const struct watcher *w = &watchers[column];
	double values[LOAD_MAX];

	/* Workers of the kernel still free the memory of the watcher before. */
	nanosleep(&(struct timespec){ .tv_sec = FREED_S }, NULL);
	watcher_start(w);
	load_run(loads[column], values);
	check_summary(column, watcher_stop());
	for (int i = 0; i < LOAD_MAX; i++)
		if (loads[column] & LOAD_BIT(i))
			report.values[i][column][round] = values[i];
}

/* Warm up caches and the emulator, and learn the hooks. The figures are thrown away. */
static void warm_up(void)
{
	double values[LOAD_MAX];

	load_run(LOADS_ALL, values);
	watcher_start(&watchers[COLUMN_OFF]);
	must(floor_learn() > 0, "no hook is held");
	load_run(LOADS_BASE, values);
	check_summary(COLUMN_OFF, watcher_stop());
}

static struct progs before, after;

static void on_probe(bool end)
{
	progs_read(end ? &after : &before);
}

/* Count the time of each program, in runs of their own: counting costs time, too. */
static void run_programs(int column, unsigned int mask)
{
	double values[LOAD_MAX];

	progs_count();
	watcher_start(&watchers[column]);
	load_probe = on_probe;
	for (int i = 0; i < LOAD_MAX; i++) {
		if (!(mask & LOAD_BIT(i)))
			continue;
		load_run(LOAD_BIT(i), values);
		progs_between(&before, &after);
		report_programs(watchers[column].name, i, &after);
	}
	load_probe = NULL;
	check_summary(column, watcher_stop());
	progs_uncount();
}

/* One filter each. The watcher "excluded" measures the port. */
static const struct watcher excluding[REPORT_FILTERS - 1] = {
	{ .name = "pid", .kind = WATCHER_PAGEFLIGHT, .args = { OFF, "--pid", "4194304" } },
	{ .name = "comm", .kind = WATCHER_PAGEFLIGHT, .args = { OFF, "--comm", "nobody" } },
	{ .name = "cgroup", .kind = WATCHER_PAGEFLIGHT,
	  .args = { OFF, "--cgroup", "/sys/fs/cgroup/empty" } },
	{ .name = "addr", .kind = WATCHER_PAGEFLIGHT, .args = { OFF, "--addr", "10.9.0.0/16" } },
	{ .name = "netns", .kind = WATCHER_PAGEFLIGHT, .args = { OFF, "--netns", "1" } },
	{ .name = "path", .kind = WATCHER_PAGEFLIGHT, .args = { OFF, "--path", "/usr" } },
	{ .name = "inode", .kind = WATCHER_PAGEFLIGHT, .args = { OFF, "--inode", "0:1:1" } },
};

/* Measure a page under each filter in turn, which excludes it. */
static void run_excluding(void)
{
	double values[LOAD_MAX], runs[EXCLUDED_RUNS];

	report.excluded[REPORT_FILTERS - 1].by = "port";
	report.excluded[REPORT_FILTERS - 1].value =
		median(report.values[LOAD_PAGE][COLUMN_EXCLUDED], report.rounds);
	must(!mkdir("/sys/fs/cgroup/empty", 0755), "a control group");
	for (int i = 0; i < REPORT_FILTERS - 1; i++) {
		watcher_start(&excluding[i]);
		for (int j = 0; j < EXCLUDED_RUNS; j++) {
			load_run(LOAD_BIT(LOAD_PAGE), values);
			runs[j] = values[LOAD_PAGE];
		}
		check_summary(COLUMN_EXCLUDED, watcher_stop());
		report.excluded[i].by = excluding[i].name;
		report.excluded[i].value = median(runs, EXCLUDED_RUNS);
	}
}

static uint64_t daemon_ns;

static void on_daemon_probe(bool end)
{
	daemon_ns = watcher_cpu_ns() - (end ? daemon_ns : 0);
}

/* Measure the daemon while nothing happens, and while pages are sent but none is overwritten. */
static void run_idle(void)
{
	const struct timespec idle = { .tv_sec = IDLE_NS / 1000000000 };
	double values[LOAD_MAX];
	uint64_t cpu;

	watcher_start(&watchers[COLUMN_OFF]);
	load_settle();
	cpu = watcher_cpu_ns();
	nanosleep(&idle, NULL);
	report.idle_ppm = (watcher_cpu_ns() - cpu) * 1e6 / IDLE_NS;
	load_probe = on_daemon_probe;
	load_run(LOAD_BIT(LOAD_PAGE), values);
	load_probe = NULL;
	report.idle_page_ns = daemon_ns / load_units(LOAD_PAGE);
	check_summary(COLUMN_OFF, watcher_stop());
}

static int column_of(const char *name)
{
	int c = COLUMN_FLOOR;

	while (c < COLUMNS && strcmp(watchers[c].name, name))
		c++;
	return c;
}

/* Choose the watchers that are named, else all; and always "off", which the goals are about. */
static void choose_columns(char **names)
{
	for (int c = COLUMN_FLOOR; c < COLUMNS; c++)
		report.missing[c] = *names && c != COLUMN_OFF ? "not asked for" : NULL;
	for (; *names; names++) {
		int c = column_of(*names);

		errno = EINVAL;
		must(c < COLUMNS, "watcher '%s'", *names);
		report.missing[c] = NULL;
	}
	for (int c = COLUMN_FLOOR; c < COLUMNS; c++)
		if (!report.missing[c])
			report.missing[c] = watcher_missing(&watchers[c]);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--hold"))
		return watcher_hold(argv[2]);
	report.rounds = argc > 1 ? atoi(argv[1]) : 5;
	must(report.rounds > 0 && report.rounds <= ROUNDS_MAX, "usage: bench [ROUNDS [WATCHER...]]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	choose_columns(argc > 2 ? argv + 2 : argv + argc);
	load_prepare();
	warm_up();
	for (int round = 0; round < report.rounds; round++)
		for (int c = 0; c < COLUMNS; c++)
			if (!report.missing[c])
				run_column(c, round);
	for (int c = COLUMN_FLOOR; c < COLUMNS; c++)
		if (!report.missing[c])
			run_programs(c, c == COLUMN_OFF ? LOADS_ALL :
					loads[c] & (LOAD_BIT(LOAD_PAGE) | LOAD_BIT(LOAD_ACK) |
						    LOAD_BIT(LOAD_PING)));
	if (!report.missing[COLUMN_EXCLUDED])
		run_excluding();
	run_idle();
	fingerprint_time(&report.fp);
	report_print(&report, loads, watchers);
	if (broken)
		puts("\nbench: some figures do not count, see above");
	return broken;
}

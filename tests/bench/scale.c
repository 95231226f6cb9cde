// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * scale - does the cost grow? A million pages are in flight on ten thousand
 * connections; one page is on all of them; pages are spread over 64 GiB of one
 * file; the pool is full; and one user takes as much as he can. Costs are instructions of the guest
 * (tests/vm/run --icount).
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/say.h"
#include "load.h"
#include "median.h"
#include "net.h"
#include "progs.h"
#include "share.h"
#include "watcher.h"

#define LEVELS	      4		/* 1,000 to 1,000,000 pages in flight */
#define CONN_PAGES    100
#define CONNS	      10000
#define SMALL_POOL    1024
#define SPARSE_SIZE   (64ull << 30)
#define SPARSE_PAGES  4096
#define SPARSE_HITS   16
#define TIMES	      3

#define WATCH(...)									\
	{										\
		.name = "off", .kind = WATCHER_PAGEFLIGHT,				\
		.args = { "--content", "off", __VA_ARGS__ },				\
	}

static int sent;		/* a file with more pages than any connection gets */
static bool failed;

static void check(const char *what, uint64_t is, uint64_t should)
{
	printf("  %-52s %12llu  %s\n", what, (unsigned long long)is,
	       is == should ? "exact" : "WRONG");
	failed = failed || is != should;
}

static void limit(const char *what, double figure, double most)
{
	printf("goal  %-56s at most %7.5g %9.5g  %s\n", what, most, figure,
	       figure <= most ? "met" : "not met");
}

static uint64_t incidents(struct json_object *summary)
{
	return summary_get(summary, "incidents/corrupt");
}

static struct progs before, after;

static void on_probe(bool end)
{
	progs_read(end ? &after : &before);
}

/* Measure the page workload, and what the programs take of it. */
static void cost_per_page(double *ret_whole, double *ret_programs)
{
	double values[LOAD_MAX], whole[TIMES];
	uint64_t ns = 0;

	for (int i = 0; i < TIMES; i++) {
		load_run(LOAD_BIT(LOAD_PAGE), values);
		whole[i] = values[LOAD_PAGE];
	}
	*ret_whole = median(whole, TIMES);
	progs_count();
	load_probe = on_probe;
	load_run(LOAD_BIT(LOAD_PAGE), values);
	load_probe = NULL;
	progs_uncount();
	progs_between(&before, &after);
	for (int i = 0; i < after.n; i++)
		ns += after.prog[i].ns;
	*ret_programs = ns / load_units(LOAD_PAGE);
}

static void print_memory(double pages)
{
	struct map maps[MAPS_MAX];
	int n = progs_maps(maps);
	double sum = 0;

	puts("\nmemory of the maps, bytes per page in flight");
	for (int i = 0; i < n; i++) {
		sum += maps[i].bytes;
		if (maps[i].bytes / pages >= 0.5)
			printf("  %-16s %8.1f\n", maps[i].name, maps[i].bytes / pages);
	}
	limit("memory per page in flight", sum / pages, 160);
}

/* A thousand pages, ten thousand, and so on, with ten times as many connections as before. */
static void million(void)
{
	static const struct watcher watch = WATCH("--max-pages", "1048575");
	struct crowd crowds[LEVELS];
	double whole[LEVELS], programs[LEVELS];
	size_t conns = CONNS / 1000, in_flight = 0;
	struct json_object *summary;

	puts("\npages in flight  connections   a page more, to put it there and leave it"
	     "   sent, acknowledged, released   programs alone");
	watcher_start(&watch);
	for (int i = 0; i < LEVELS; i++) {
		size_t more = conns - in_flight / CONN_PAGES;
		uint64_t began = now_ns(CLOCK_MONOTONIC);

		crowd_open(&crowds[i], more, sent, CONN_PAGES, CONN_PAGES * PAGE);
		began = now_ns(CLOCK_MONOTONIC) - began;
		in_flight = conns * CONN_PAGES;
		cost_per_page(&whole[i], &programs[i]);
		printf("%15zu %12zu %43.0f %30.0f %16.0f\n", in_flight, conns,
		       (double)began / (more * CONN_PAGES), whole[i], programs[i]);
		conns *= 10;
	}
	print_memory(in_flight);
	limit("cost per page at 1,000,000, times that at 1,000", whole[LEVELS - 1] / whole[0], 1.3);
	limit("  the same, programs alone", programs[LEVELS - 1] / programs[0], 1.3);
	for (int i = 0; i < LEVELS; i++)
		crowd_close(&crowds[i]);
	summary = watcher_stop();
	puts("\nafter all connections are closed");
	check("pages in flight", summary_get(summary, "in_flight"), 0);
	check("pages lost", summary_lost(summary), 0);
	check("incidents", incidents(summary), 0);
	json_object_put(summary);
}

static void overwrite(int file, off_t at)
{
	char page[PAGE];

	memset(page, 0x55, sizeof(page));
	must(pwrite(file, page, sizeof(page), at) == sizeof(page), "pwrite");
}

static void one_page(void)
{
	static const struct watcher watch = WATCH("--max-pages", "16384", "--max-conns", "12000");
	int file = file_new(2 * PAGE);
	struct json_object *summary;
	struct crowd crowd;
	uint64_t began;

	puts("\none page in flight on 10,000 connections, overwritten once");
	watcher_start(&watch);
	crowd_open(&crowd, CONNS, file, 1, 0);
	began = now_ns(CLOCK_THREAD_CPUTIME_ID);
	overwrite(file, 0);
	began = now_ns(CLOCK_THREAD_CPUTIME_ID) - began;
	load_settle();
	crowd_close(&crowd);
	summary = watcher_stop();
	printf("  %-52s %12.0f\n", "instructions of the write, per connection",
	       (double)began / CONNS);
	check("hits", summary_get(summary, "counters/hits"), CONNS);
	check("incidents", incidents(summary), CONNS);
	check("bytes in them", summary_get(summary, "incident_bytes/corrupt"), CONNS * PAGE);
	check("lost", summary_lost(summary), 0);
	json_object_put(summary);
	close(file);
}

static int sparse_file(void)
{
	int file;

	must(!system("mkfs.ext4 -q -E nodiscard /dev/disk-scratch && mount /dev/disk-scratch /mnt"),
	     "a file system for a sparse file");
	file = open("/mnt/sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(file >= 0 && !ftruncate(file, SPARSE_SIZE), "/mnt/sparse");
	must(!posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM), "posix_fadvise");
	return file;
}

/* Pages far apart in one file. Some are overwritten, and some of their neighbours. */
static void sparse(void)
{
	static const struct watcher watch = WATCH(NULL);
	const off_t step = SPARSE_SIZE / SPARSE_PAGES;
	struct json_object *summary;
	int file = sparse_file();
	struct pair p;

	puts("\n4,096 pages over 64 GiB of one sparse file, 16 of them overwritten, 16 beside them");
	watcher_start(&watch);
	pair_open(&p, (SPARSE_PAGES + 64) * PAGE);
	for (int i = 0; i < SPARSE_PAGES; i++)
		pair_send(&p, file, i * step, PAGE);
	for (int i = 0; i < SPARSE_HITS; i++) {
		overwrite(file, SPARSE_PAGES / SPARSE_HITS * i * step);
		overwrite(file, SPARSE_PAGES / SPARSE_HITS * i * step + PAGE);
	}
	load_settle();
	pair_close(&p);
	summary = watcher_stop();
	check("bytes attached", summary_get(summary, "bytes"), (uint64_t)SPARSE_PAGES * PAGE);
	check("incidents", incidents(summary), SPARSE_HITS);
	check("bytes in them", summary_get(summary, "incident_bytes/corrupt"), SPARSE_HITS * PAGE);
	check("lost", summary_lost(summary), 0);
	json_object_put(summary);
	close(file);
}

/* Send 5,000 pages. Some kernels cut one page of a connection in two. */
static struct json_object *fill_room(const struct watcher *watch, bool full)
{
	struct crowd crowd;

	watcher_start(watch);
	crowd_open(&crowd, 50, sent, CONN_PAGES, CONN_PAGES * PAGE);
	while (full && !watcher_said("not followed", stdout))
		load_settle();
	crowd_close(&crowd);
	return watcher_stop();
}

static void full(void)
{
	static const struct watcher roomy = WATCH("--max-pages", "16384");
	static const struct watcher tight = WATCH("--max-pages", "1024");
	struct json_object *summary = fill_room(&roomy, false);
	uint64_t pieces = summary_get(summary, "flights");

	json_object_put(summary);
	puts("\n5,000 pages in flight where 1,024 have room (--max-pages 1024); it says:");
	summary = fill_room(&tight, true);
	check("pages followed", summary_get(summary, "flights"), SMALL_POOL);
	check("pages counted as not followed, in the summary",
	      summary_get(summary, "losses/pool_full"), pieces - SMALL_POOL);
	json_object_put(summary);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	load_prepare();
	sent = file_new(64 << 20);
	failed = share_run();
	if (argc > 1 && !strcmp(argv[1], "share"))
		return failed;
	full();
	sparse();
	one_page();
	million();
	if (failed)
		puts("\nscale: a count is wrong");
	return failed;
}

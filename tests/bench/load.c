// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* load - see load.h. */
#include "load.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acks.h"
#include "lib/say.h"
#include "net.h"

#define CHUNK	    (16 * PAGE)		/* what one sendfile() moves at most */
#define FILE_SIZE   (1u << 20)
#define PAGES	    4096
#define PINGS	    2048
#define PING	    64			/* bytes */
#define ACKS	    4096
#define WRITES_4K   2048
#define WRITES_1M   16
#define MAPS	    1024
#define HITS_1	    256
#define HITS_1000   4			/* more would outrun the daemon, on one processor */
#define WARM_UP(n)  ((n) / 8)		/* units in front of those that count */
#define CROWD_PAGES 250			/* of each connection */

const char *const load_names[] = {
	[LOAD_PAGE] = "page sent, acknowledged, released",
	[LOAD_PAGE_MAPPED] = "the same, of a file mapped writable",
	[LOAD_ACK] = "ACK on an untracked socket",
	[LOAD_PING] = "message on an untracked socket, ACK, read",
	[LOAD_WRITE_4K] = "write() 4 KiB, nothing in flight",
	[LOAD_WRITE_1M] = "write() 1 MiB, nothing in flight",
	[LOAD_WRITE_4K_BUSY] = "write() 4 KiB, 100,000 pages in flight",
	[LOAD_WRITE_1M_BUSY] = "write() 1 MiB, 100,000 pages in flight",
	[LOAD_MAP] = "mmap() and munmap(), nothing in flight",
	[LOAD_HIT_1] = "overwrite, in flight on 1 connection",
	[LOAD_HIT_1000] = "overwrite, in flight on 1,000 connections",
};

void (*load_probe)(bool end);

static int sent = -1;		/* the file that is sent */
static int other = -1;		/* one that is not */
static int shared = -1;		/* one that is sent, and mapped writable */
static char *data;

void load_prepare(void)
{
	net_prepare();
	sent = file_new(FILE_SIZE);
	other = file_new(FILE_SIZE);
	shared = file_new(FILE_SIZE);
	must(mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0) != MAP_FAILED,
	     "mmap");
	data = malloc(FILE_SIZE);
	must(data, "malloc");
	memset(data, 7, FILE_SIZE);
}

/*
 * Earlier runs leave free objects scattered over the slabs of packet buffers. A
 * packet then costs up to a tenth more, so shrink the slabs.
 */
static void tidy_allocator(void)
{
	glob_t caches;

	if (glob("/sys/kernel/slab/{skbuff,kmalloc}*/shrink", GLOB_BRACE, NULL, &caches))
		return;
	for (size_t i = 0; i < caches.gl_pathc; i++) {
		FILE *f = fopen(caches.gl_pathv[i], "we");

		if (f)
			fputs("1", f);
		if (f)
			fclose(f);
	}
	globfree(&caches);
}

/* Idle time passes at once (sleep=off), so a nap lets all others finish first. */
void load_settle(void)
{
	const struct timespec nap = { .tv_nsec = 300 * 1000 * 1000 };

	nanosleep(&nap, NULL);
	tidy_allocator();
}

static uint64_t begin(clockid_t clock)
{
	if (load_probe)
		load_probe(false);
	return now_ns(clock);
}

static double end(clockid_t clock, uint64_t began)
{
	double took = now_ns(clock) - began;

	if (load_probe)
		load_probe(true);
	return took;
}

static void pages(struct pair *p, int file, int n)
{
	for (size_t at = 0, left = (size_t)n * PAGE; left; left -= CHUNK) {
		pair_send(p, file, at, CHUNK);
		pair_discard(p, CHUNK);
		at = (at + CHUNK) % FILE_SIZE;
	}
}

static double run_pages(int file)
{
	struct pair p;
	uint64_t began;
	double took;

	pair_open(&p, 4 * CHUNK);
	pages(&p, file, WARM_UP(PAGES));	/* the window opens, caches fill */
	began = begin(CLOCK_MONOTONIC);
	pages(&p, file, PAGES);
	took = end(CLOCK_MONOTONIC, began);
	pair_close(&p);
	return took;
}

static double run_maps(void)
{
	uint64_t began = begin(CLOCK_MONOTONIC);

	for (int i = 0; i < MAPS; i++) {
		void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);

		must(at != MAP_FAILED && !munmap(at, PAGE), "mmap");
	}
	return end(CLOCK_MONOTONIC, began);
}

static void ping(int from, int to)
{
	must(send(from, data, PING, 0) == PING && recv(to, data, PING, 0) == PING, "ping");
}

/* Every message acknowledges the one before. */
static void pings(struct pair *p, int n)
{
	while (n--) {
		ping(p->tx, p->rx);
		ping(p->rx, p->tx);
	}
}

static double run_pings(struct pair *p)
{
	uint64_t began;

	pings(p, WARM_UP(PINGS));
	began = begin(CLOCK_MONOTONIC);
	pings(p, PINGS);
	return end(CLOCK_MONOTONIC, began);
}

static double run_acks(struct pair *p)
{
	struct acks a;
	uint64_t began;
	double took;

	pings(p, 1);
	load_settle();		/* what is acknowledged late, is */
	acks_open(&a, p->tx);
	acks_send(&a, WARM_UP(ACKS));
	began = begin(CLOCK_MONOTONIC);
	acks_send(&a, ACKS);
	took = end(CLOCK_MONOTONIC, began);
	acks_close(&a);
	return took;
}

/* A page of another connection is in flight, or the hooks would return at once. */
static double run_untracked(double (*run)(struct pair *p))
{
	struct crowd one;
	struct pair p;
	double took;

	load_settle();
	crowd_open(&one, 1, sent, 1, 0);
	pair_open(&p, CHUNK);
	took = run(&p);
	pair_close(&p);
	crowd_close(&one);
	return took;
}

static void writes(int file, size_t size, int n)
{
	while (n--)
		must(pwrite(file, data, size, 0) == (ssize_t)size, "pwrite");
}

static double run_writes(size_t size, int n)
{
	uint64_t began;

	writes(other, size, WARM_UP(n));
	began = begin(CLOCK_MONOTONIC);
	writes(other, size, n);
	return end(CLOCK_MONOTONIC, began);
}

/* Count the writer's own time: the daemon reads the records on the same processor. */
static double run_hits(size_t conns, int n)
{
	struct crowd c;
	uint64_t began;
	double took;

	crowd_open(&c, conns, sent, 1, 0);
	writes(sent, PAGE, 1);
	load_settle();
	began = begin(CLOCK_THREAD_CPUTIME_ID);
	writes(sent, PAGE, n);
	took = end(CLOCK_THREAD_CPUTIME_ID, began);
	load_settle();
	crowd_close(&c);
	return took;
}

static double run_one(enum load load)
{
	switch (load) {
	case LOAD_PAGE:
		return run_pages(sent);
	case LOAD_PAGE_MAPPED:
		return run_pages(shared);
	case LOAD_ACK:
		return run_untracked(run_acks);
	case LOAD_PING:
		return run_untracked(run_pings);
	case LOAD_WRITE_4K:
	case LOAD_WRITE_4K_BUSY:
		return run_writes(PAGE, WRITES_4K);
	case LOAD_WRITE_1M:
	case LOAD_WRITE_1M_BUSY:
		return run_writes(FILE_SIZE, WRITES_1M);
	case LOAD_MAP:
		return run_maps();
	case LOAD_HIT_1:
		return run_hits(1, HITS_1);
	case LOAD_HIT_1000:
		return run_hits(1000, HITS_1000);
	case LOAD_MAX:
		break;
	}
	return 0;
}

double load_units(enum load load)
{
	static const int units[] = {
		[LOAD_PAGE] = PAGES,		  [LOAD_PAGE_MAPPED] = PAGES,
		[LOAD_ACK] = ACKS,		  [LOAD_PING] = 2 * PINGS,
		[LOAD_WRITE_4K] = WRITES_4K,	  [LOAD_WRITE_1M] = WRITES_1M,
		[LOAD_WRITE_4K_BUSY] = WRITES_4K, [LOAD_WRITE_1M_BUSY] = WRITES_1M,
		[LOAD_MAP] = MAPS,
		[LOAD_HIT_1] = HITS_1,		  [LOAD_HIT_1000] = HITS_1000,
	};

	return units[load];
}

static bool is_busy(enum load load)
{
	return load == LOAD_WRITE_4K_BUSY || load == LOAD_WRITE_1M_BUSY;
}

static void run_those(unsigned int mask, bool busy, double values[LOAD_MAX])
{
	for (int i = 0; i < LOAD_MAX; i++)
		if ((mask & LOAD_BIT(i)) && is_busy(i) == busy)
			values[i] = run_one(i) / load_units(i);
}

void load_run(unsigned int mask, double values[LOAD_MAX])
{
	const unsigned int busy = LOAD_BIT(LOAD_WRITE_4K_BUSY) | LOAD_BIT(LOAD_WRITE_1M_BUSY);
	struct crowd c;

	load_settle();
	run_those(mask, false, values);
	if (!(mask & busy))
		return;
	/* The daemon reports what was overwritten, for longer than load_settle() waits. */
	nanosleep(&(struct timespec){ .tv_sec = 10 }, NULL);
	crowd_open(&c, LOAD_CROWD / CROWD_PAGES, sent, CROWD_PAGES, CROWD_PAGES * PAGE);
	run_those(mask, true, values);
	crowd_close(&c);
}

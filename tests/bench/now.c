// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * now - what looking into sockets costs: loading it, a look, and a wait that finds nothing
 * and one that finds something, with 0 and with 10,000 idle connections, and with pages on
 * all of them. Figures are instructions of the guest (tests/vm/run --icount).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "lib/say.h"
#include "median.h"
#include "net.h"
#include "now/hold.h"
#include "pageflight_now.h"

#define CONNS 10000
#define TIMES 5
#define SMALL (64 * PAGE)
#define LARGE (256u << 20)	/* more than the references of which are looked at first */

static struct pf_now *now;
static int small, large;

/* Microseconds of one wait that looks once. It has to return `should`. */
static double wait_once(int file, int should)
{
	double took[TIMES];

	for (int i = 0; i < TIMES; i++) {
		__u64 began = clock_mono_ns();
		int is = pf_now_wait(now, file, 0, 0, 0, 0);

		took[i] = (clock_mono_ns() - began) / 1e3;
		must(is == should, "a wait returned %d, not %d", is, should);
	}
	return median(took, TIMES);
}

static int count(void *ctx, const struct walker_batch *batch)
{
	return hold_add(ctx, batch);
}

/* Microseconds of one walk through everything, and the bytes it found. */
static double walk_once(__u64 *ret_bytes)
{
	const struct walker_opts opts = { 0 };
	struct hold hold = { 0 };
	struct walker *w;
	struct err err;
	__u64 began;

	must(!walker_open(&w, &opts, &err), "%s", err.text);
	began = clock_mono_ns();
	must(!walker_walk(w, -1, count, &hold), "walk");
	began = clock_mono_ns() - began;
	*ret_bytes = 0;
	for (size_t i = 0; i < hold.n_pieces; i++)
		*ret_bytes += hold.pieces[i].len;
	hold_free(&hold);
	walker_close(w);
	return began / 1e3;
}

static void report(const char *what, __u64 bytes, int state)
{
	__u64 found;
	double walk = walk_once(&found);

	must(found == bytes, "%llu bytes found, %llu are there", (unsigned long long)found,
	     (unsigned long long)bytes);
	printf("%-44s %10.0f %12.0f %12.0f\n", what, walk, wait_once(small, state),
	       wait_once(large, 0));
}

int main(void)
{
	struct pair *idle = calloc(CONNS, sizeof(*idle));
	struct crowd crowd;
	__u64 began;

	must(idle, "memory");
	net_prepare();
	small = file_new(SMALL);
	large = file_new(LARGE);
	began = clock_mono_ns();
	must(!pf_now_open(&now), "pf_now_open");
	printf("loading: %.0f ms\n\n", (clock_mono_ns() - began) / 1e6);
	printf("%-44s %10s %12s %12s\n", "microseconds", "a walk", "wait, 256 K", "wait, 256 M");
	report("no connection", 0, 0);
	for (int i = 0; i < CONNS; i++)
		pair_open(&idle[i], PAGE);
	report("10,000 idle connections", 0, 0);
	for (int i = 0; i < CONNS; i++)
		pair_close(&idle[i]);
	crowd_open(&crowd, CONNS, small, 16, 0);
	report("10,000 connections, 16 pages in flight each", 16ull * PAGE * CONNS, -ETIMEDOUT);
	crowd_close(&crowd);
	pf_now_close(now);
	return 0;
}

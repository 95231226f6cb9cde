// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* counts - see counts.h. */
#include "counts.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "flow.h"
#include "lib/test.h"

#define COUNTER_NAME(name, text) #name,
static const char *const names[] = { PF_COUNTERS(COUNTER_NAME, COUNTER_NAME) };

static struct loader *loader;
static struct pf_totals base;

void counts_open(const struct loader_opts *opts)
{
	struct err err;

	assert_null(loader);
	if (loader_open(&loader, opts, &err))
		fail_msg("loader_open: %s", err.text);
}

void counts_close(void)
{
	if (loader)
		loader_close(loader);
	loader = NULL;
}

struct loader *counts_loader(void)
{
	return loader;
}

void counts_totals(struct pf_totals *ret_totals)
{
	assert_int_equal(loader_totals(loader, ret_totals), 0);
}

void counts_start(void)
{
	counts_totals(&base);
}

counts_t counts_get(enum pf_counter c)
{
	struct pf_totals now;

	counts_totals(&now);
	return now.stats.count[c] - base.stats.count[c];
}

counts_t counts_in_flight(void)
{
	struct pf_totals now;

	counts_totals(&now);
	return now.in_flight;
}

counts_t counts_conns(void)
{
	struct pf_totals now;

	counts_totals(&now);
	return now.conns;
}

/* The line that fails is the caller's. */
static void compare(const char *what, counts_t is, counts_t n, const char *file, int line)
{
	if (is == n)
		return;
	print_error("%s is %llu, should be %llu\n", what, is, n);
	_fail(file, line);
}

void counts_check(enum pf_counter c, counts_t n, const char *file, int line)
{
	compare(names[c], counts_get(c), n, file, line);
}

struct await {
	enum pf_counter c;
	counts_t n;
};

static bool counter_stands(void *arg)
{
	struct await *a = arg;

	return counts_get(a->c) >= a->n;
}

void counts_await(enum pf_counter c, counts_t n, const char *file, int line)
{
	struct await a = { c, n };

	flow_wait(counter_stands, &a);
	counts_check(c, n, file, line);
}

static bool flying_stands(void *arg)
{
	return counts_in_flight() <= *(counts_t *)arg;
}

void counts_await_flying(counts_t n, const char *file, int line)
{
	flow_wait(flying_stands, &n);
	compare("in flight", counts_in_flight(), n, file, line);
}

static bool no_conns(void *arg)
{
	(void)arg;
	return !counts_conns();
}

void counts_all_gone(bool skips)
{
	struct pf_totals now;

	if (!flow_wait(no_conns, NULL))
		fail_msg("connections are still followed after their end: %llu", counts_conns());
	counts_totals(&now);
	assert_int_equal(now.in_flight, 0);
	if (!skips)
		assert_int_equal(now.missed, base.missed);
	assert_int_equal(counts_get(PF_C_attached),
			 counts_get(PF_C_released) + counts_get(PF_C_aborted));
}

void counts_nothing_lost(void)
{
	int c;

	for (c = PF_C_FIRST_LOSS; c < PF_C_MAX; c++)
		counts_check(c, 0, __FILE__, __LINE__);
}

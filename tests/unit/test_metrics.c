// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_metrics.c - the numbers for Prometheus, to the character, and how many series they can be at
 * most. The golden file is also what promtool checks, in tests/alerts.
 */
#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/filter.h"
#include "kernel/hooks.h"
#include "output/metrics.h"
#include "sample.h"

#define GOLDEN "tests/unit/metrics.prom"

static bool any(void *ctx, struct hook *h)
{
	(void)ctx;
	(void)h;
	return true;
}

static struct hook *hooks_in(enum hook_state state)
{
	struct hook *hooks = calloc(hooks_n, sizeof(*hooks));

	assert_non_null(hooks);
	hooks_plan(hooks, PF_CONTENT_EDGES, any, NULL);
	for (size_t i = 0; i < hooks_n; i++)
		hooks[i].state = hooks[i].state == HOOK_UNTRIED ? state : hooks[i].state;
	return hooks;
}

static const struct vitals vitals = {
	.kernel = "6.12.\"x\\\n1+deb13",
	.began_wall_ns = 1769860798500000000ull,
	.cpu_ns = 1000000,
	.waiting = 3,
	.cost = { .asked_ns = 1250000000, .runs = 2000, .run_ns = 400000 },
	.tested = {
		.how = TEST_FAILED,
		.wall_ns = 1769860798000000000ull,
		.results = {
			{ .role = "attach", .expected = 94208, .seen = 94208 },
			{ .role = "write", .expected = 188416, .seen = 94208 },
			{ .role = "ack, release", .expected = 94208 },
			{ .role = "abort" },
		},
	},
};

static struct summary sample_numbers(const struct hook *hooks)
{
	struct summary sum = sample_summary();

	sum.content = PF_CONTENT_EDGES;
	sum.hooks = hooks;
	sum.n_hooks = hooks_n;
	sum.vitals = &vitals;
	sum.incidents_by[PF_VERDICT_NEAR_MISS][PF_WRITE_MMAP] = 2;
	sum.incidents_by[PF_VERDICT_CORRUPT][PF_WRITE_WRITE] = 1;
	sum.bytes_by[PF_VERDICT_NEAR_MISS][PF_WRITE_MMAP] = 200;
	sum.bytes_by[PF_VERDICT_CORRUPT][PF_WRITE_WRITE] = 4096;
	sum.totals.missed = 7;
	sum.totals.missed_by[PF_ROLE_write] = 7;
	return sum;
}

static char *text_of(const struct summary *sum)
{
	return sample_print(&sink_metrics, 80, NULL, 0, sum);
}

static size_t series(const char *text)
{
	size_t n = 0;

	for (; *text; text = strchr(text, '\n') + 1)
		n += *text != '#';
	return n;
}

static char *file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	assert_non_null(in);
	assert_true(getdelim(&text, &room, '\0', in) > 0);
	fclose(in);
	return text;
}

/* With GOLDEN_NEW in the environment it is written anew. */
TEST_FN(test_golden)
{
	struct hook *hooks = hooks_in(HOOK_ATTACHED);
	struct summary sum = sample_numbers(hooks);
	char *text = text_of(&sum), *golden;

	if (getenv("GOLDEN_NEW")) {
		FILE *out = fopen(GOLDEN, "w");

		assert_non_null(out);
		fputs(text, out);
		fclose(out);
	}
	golden = file(GOLDEN);
	assert_string_equal(text, golden);
	free(golden);
	free(text);
	free(hooks);
}

/* Each program in a state of its own, as far as the rows of its role go. */
TEST_FN(test_series_are_bounded)
{
	struct hook *hooks = hooks_in(HOOK_ATTACHED);
	struct summary sum = sample_numbers(hooks);
	char *text;
	size_t n;

	for (size_t i = 0; i < hooks_n; i++) {
		unsigned int before = 0;

		for (size_t k = 0; k < i; k++)
			before += !strcmp(hooks[k].role, hooks[i].role);
		hooks[i].state = HOOK_ATTACHED + before % (HOOK_FAILED - HOOK_ATTACHED + 1);
	}
	text = text_of(&sum);
	n = series(text);
	assert_in_range(n, 150, METRICS_SERIES);
	free(text);
	free(hooks);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* With its name alone, or with its name and labels, it is one thing. */
TEST_FN(test_no_series_is_there_twice)
{
	struct hook *hooks = hooks_in(HOOK_ATTACHED);
	struct summary sum = sample_numbers(hooks);
	char *text = text_of(&sum), *names[METRICS_SERIES];
	size_t n = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		assert_true(!strncmp(line, "pageflight_", strlen("pageflight_")));
		*strrchr(line, ' ') = '\0';
		assert_true(n < METRICS_SERIES);
		names[n++] = line;
	}
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 1; i < n; i++)
		assert_string_not_equal(names[i - 1], names[i]);
	free(text);
	free(hooks);
}

/* The last bucket and the count have all, also what is longer than any bucket that is told. */
TEST_FN(test_buckets)
{
	struct summary sum = sample_numbers(NULL);
	char *text;

	sum.n_hooks = 0;
	for (int i = 0; i < PF_HIST_SLOTS; i++)
		sum.totals.stats.to_ack[i] = 1;
	text = text_of(&sum);
	assert_non_null(strstr(text, "pageflight_attach_to_ack_seconds_bucket{le=\"0.000016\"} 5\n"));
	assert_non_null(strstr(text, "pageflight_attach_to_ack_seconds_bucket{le=\"0.000064\"} 7\n"));
	assert_non_null(strstr(text, "pageflight_attach_to_ack_seconds_bucket{le=\"67.108864\"} 27\n"));
	assert_non_null(strstr(text, "pageflight_attach_to_ack_seconds_bucket{le=\"+Inf\"} 32\n"));
	assert_non_null(strstr(text, "pageflight_attach_to_ack_seconds_count 32\n"));
	free(text);
}

/* What was not done has no number: it would look like a failure, or like no cost. */
TEST_FN(test_what_is_not_known_is_left_out)
{
	const struct vitals bare = { .kernel = "x" };
	struct summary sum = sample_numbers(NULL);
	char *text;

	sum.n_hooks = 0;
	sum.vitals = &bare;
	text = text_of(&sum);
	assert_null(strstr(text, "selftest"));
	assert_null(strstr(text, "sampl"));
	assert_non_null(strstr(text, "pageflight_process_cpu_seconds_total 0.000000000\n"));
	free(text);
}

TEST_FN(test_filter_shows)
{
	struct filter filter = { 0 };
	struct summary sum = sample_numbers(NULL);
	char *text;

	assert_int_equal(filter_add(&filter, FILTER_PORT, "80"), 0);
	sum.n_hooks = 0;
	sum.filter = &filter;
	text = text_of(&sum);
	assert_non_null(strstr(text, "filter=\"on\"} 1\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_series_are_bounded),
		cmocka_unit_test(test_no_series_is_there_twice),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_what_is_not_known_is_left_out),
		cmocka_unit_test(test_filter_shows),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

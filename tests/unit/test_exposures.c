// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a session keeps of files that somebody could change, when it tells of them, and in which words. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/exposures.h"

#define SEC NSEC_PER_SEC

struct told {
	struct exposures *x;
	struct pf_totals totals;
	size_t n;
	__u64 inos[EXPOSURES_KEPT];
};

static int set_up(void **state)
{
	static struct told t;

	t = (struct told){ .totals.stats.count[PF_C_attached] = 1, .totals.stats.count[PF_C_exposed] = 1 };
	assert_int_equal(exposures_new(&t.x, NULL, NULL), 0);
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	exposures_free(((struct told *)*state)->x);
	return 0;
}

static struct pf_exposed exposed(__u64 ino, const char *comm, __u64 pages)
{
	struct pf_exposed e = {
		.pages = pages, .how = PF_EXPOSED_OPEN, .pid = 7, .generation = 3, .last = 5,
		.file = { .dev = 8, .ino = ino },
	};

	snprintf(e.comm, sizeof(e.comm), "%s", comm);
	return e;
}

static void add(struct told *t, __u64 ino, const char *comm, __u64 pages)
{
	struct pf_exposed e = exposed(ino, comm, pages);

	exposures_add(t->x, &e);
}

static int on_told(void *ctx, const struct exposure *e)
{
	struct told *t = ctx;

	t->inos[t->n++] = e->ino;
	return 0;
}

static size_t tick(struct told *t, __u64 now)
{
	size_t before = t->n;

	assert_int_equal(exposures_tick(t->x, now, &t->totals, on_told, t), 0);
	return t->n - before;
}

static void incident(struct told *t, __u64 ino, __u64 ts)
{
	const struct pf_incident inc = { .ts = ts, .dev = 8, .ino = ino };

	exposures_incident(t->x, &inc);
}

TEST_FN(test_told_once_after_a_while)
{
	struct told *t = *state;

	add(t, 1, "nginx", 10);
	assert_int_equal(tick(t, SEC), 0);
	assert_int_equal(tick(t, 10 * SEC), 0);
	assert_int_equal(tick(t, 11 * SEC), 1);
	assert_int_equal(tick(t, 12 * SEC), 0);
	add(t, 1, "nginx", 10);
	add(t, 2, "nginx", 1);
	assert_int_equal(tick(t, 13 * SEC), 1);
	assert_int_equal(t->inos[1], 2);
}

TEST_FN(test_not_among_incidents)
{
	struct told *t = *state;

	tick(t, SEC);
	add(t, 1, "nginx", 10);
	incident(t, 9, 8 * SEC);
	assert_int_equal(tick(t, 17 * SEC), 0);
	incident(t, 9, 17 * SEC);
	assert_int_equal(tick(t, 26 * SEC), 0);
	assert_int_equal(tick(t, 28 * SEC), 1);
}

TEST_FN(test_incidents_of_the_file_count)
{
	struct told *t = *state;
	const struct exposures_sum *sum;

	add(t, 1, "nginx", 10);
	add(t, 2, "nginx", 20);
	incident(t, 1, SEC);
	incident(t, 1, SEC);
	sum = exposures_sum(t->x);
	assert_int_equal(sum->n, 2);
	assert_int_equal(sum->at[0].incidents, 0);
	assert_int_equal(sum->at[1].incidents, 2);
}

TEST_FN(test_one_for_each_file_and_name)
{
	struct told *t = *state;
	struct pf_exposed e = exposed(1, "nginx", 1);
	const struct exposures_sum *sum;

	add(t, 1, "nginx", 10);
	add(t, 1, "nginx", 5);
	add(t, 1, "httpd", 1);
	add(t, 1, "kworker/0:1", 100);
	add(t, 1, "kworker/u8:2-ev", 100);
	e.generation++;			/* another file, which got its number */
	exposures_add(t->x, &e);
	sum = exposures_sum(t->x);
	assert_int_equal(sum->files, 4);
	assert_int_equal(sum->n, 4);
	assert_string_equal(sum->at[0].comm, "kworker");
	assert_int_equal(sum->at[0].pages, 200);
	assert_int_equal(sum->at[1].pages, 15);
}

TEST_FN(test_the_worst_are_kept)
{
	struct told *t = *state;
	const struct exposures_sum *sum;

	for (__u64 ino = 1; ino <= 1000; ino++)
		add(t, ino, "nginx", ino == 500 ? 5000 : ino == 7 ? 4000 : 1 + ino % 3);
	add(t, 7, "nginx", 2000);
	sum = exposures_sum(t->x);
	assert_int_equal(sum->files, 1000);
	assert_int_equal(sum->n, EXPOSURES_TOLD);
	assert_int_equal(sum->at[0].ino, 7);
	assert_int_equal(sum->at[0].pages, 6000);
	assert_int_equal(sum->at[1].ino, 500);
	for (size_t i = 2; i < sum->n; i++)
		assert_int_equal(sum->at[i].pages, 3);
}

TEST_FN(test_few_are_told_in_ten_minutes)
{
	struct told *t = *state;

	tick(t, SEC);
	for (__u64 ino = 1; ino <= 20; ino++)
		add(t, ino, "nginx", ino);
	assert_int_equal(tick(t, 20 * SEC), EXPOSURES_TOLD);
	assert_int_equal(t->inos[0], 20);
	assert_int_equal(tick(t, 21 * SEC), 0);
	add(t, 21, "nginx", 1);
	assert_int_equal(tick(t, 619 * SEC), 0);
	add(t, 22, "nginx", 1);
	assert_int_equal(tick(t, 620 * SEC), 1);
	assert_int_equal(exposures_sum(t->x)->files, 22);
}

/* A name is waited for, also if the kernel side has noted the file since this second began. */
TEST_FN(test_names_are_waited_for)
{
	static const struct openers_limits limits = { .ns = SEC, .lines = 10 };
	char dir[] = "/tmp/pf-exposures-XXXXXX";
	struct pf_exposed e = exposed(1, "nginx", 1);
	struct told *t = *state;
	struct openers *openers;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(openers_new_in(&openers, dir, &limits), 0);
	exposures_free(t->x);
	assert_int_equal(exposures_new(&t->x, NULL, openers), 0);
	tick(t, SEC);
	e.last = 11 * SEC + 1;
	exposures_add(t->x, &e);
	assert_int_equal(tick(t, 11 * SEC), 0);
	openers_wait(openers, 60 * SEC);
	assert_int_equal(tick(t, 12 * SEC), 1);
	assert_true(exposures_sum(t->x)->at[0].sought);
	assert_true(exposures_sum(t->x)->at[0].openers_cut);
	rmdir(dir);
}

static void reads(const struct exposure *e, const char *expected)
{
	char text[EXPOSURE_TEXT];

	assert_string_equal(exposure_text(text, e), expected);
}

TEST_FN(test_words)
{
	static const struct opener who[] = {
		{ .pid = 221, .open = true, .comm = "dd" },
		{ .pid = 4, .mapped = true, .comm = "a\033b" },
		{ .pid = 5, .open = true, .mapped = true, .comm = "db" },
		{ .pid = 6, .open = true, .comm = "x" },
	};
	struct exposure e = {
		.comm = "nginx", .dev = 8ull << 20 | 1, .ino = 12, .path = "/srv/www/image.iso", .pages = 4348,
		.how = PF_EXPOSED_OPEN, .sought = true, .openers = who, .n_openers = 1,
	};

	reads(&e, "nginx sends /srv/www/image.iso by reference (4,348 pages); dd[221] has it open for writing, "
		  "nothing overwritten yet");
	e.n_openers = 4;
	e.deleted = true;
	e.pages = 1;
	e.incidents = 1;
	reads(&e, "nginx sends /srv/www/image.iso (deleted) by reference (1 page); dd[221] has it open for "
		  "writing, a?b[4] has it mapped for writing, db[5] has it open and mapped for writing, "
		  "and 1 more, overwritten in flight 1 time");
	e.n_openers = 0;
	e.deleted = false;
	e.path = NULL;
	e.pages = 1234567;
	e.incidents = 0;
	reads(&e, "nginx sends inode 12 on 8:1 by reference (1,234,567 pages); somebody had it open for writing, "
		  "nothing overwritten yet");
}

/* However long the texts are, there is one sentence, and room for it. */
TEST_FN(test_long_words)
{
	char path[4096], text[EXPOSURE_TEXT];
	struct opener who[OPENERS_MAX];
	struct exposure e = { .comm = "\xf0\x9f\x92\xa9\xf0\x9f\x92\xa9\xf0\x9f\x92\xa9", .path = path, .pages = -1ull,
			      .openers = who, .n_openers = OPENERS_MAX, .incidents = -1ull };

	for (size_t i = 0; i + 4 < sizeof(path); i += 4)
		memcpy(path + i, "\xf0\x9f\x92\xa9", 5);
	for (size_t i = 0; i < OPENERS_MAX; i++)
		who[i] = (struct opener){ .pid = -1u, .open = true, .mapped = true, .comm = "fifteen-letters" };
	exposure_text(text, &e);
	assert_non_null(strstr(text, " and 5 more, overwritten in flight 18446744073709551615 times"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_told_once_after_a_while),
		CASE(test_not_among_incidents),
		CASE(test_incidents_of_the_file_count),
		CASE(test_one_for_each_file_and_name),
		CASE(test_the_worst_are_kept),
		CASE(test_few_are_told_in_ten_minutes),
		CASE(test_names_are_waited_for),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

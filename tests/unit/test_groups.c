// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_groups.c - a storm in the table: which incidents are shown, and what is said of the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lib/test.h"
#include "output/groups.h"
#include "sample.h"

#define SEC NSEC_PER_SEC

struct fixture {
	struct sink sink;
	char *text;
	size_t len;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .sink = { .ops = &sink_table, .width = 120 } };
	f->sink.out = open_memstream(&f->text, &f->len);
	assert_int_equal(groups_new(&f->sink.groups), 0);
}

static void give(struct fixture *f, struct sample sample, __u64 now)
{
	f->sink.now = now;
	sample_give(&f->sink, &sample, 0);
}

static void tick(struct fixture *f, __u64 now, bool end)
{
	f->sink.now = now;
	assert_int_equal(sink_table.tick(&f->sink, end), 0);
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* What was printed since the last call. The caller frees it. */
static char *taken(struct fixture *f)
{
	char *text;

	fflush(f->sink.out);
	text = strndup(f->text, f->len);
	rewind(f->sink.out);
	return text;
}

static void check_taken(struct fixture *f, size_t n, const char *last)
{
	char *text = taken(f);

	assert_int_equal(lines(text), n);
	if (last)
		assert_non_null(strstr(text, last));
	free(text);
}

static void done(struct fixture *f)
{
	groups_free(f->sink.groups);
	fclose(f->sink.out);
	free(f->text);
}

TEST_FN(first_is_shown_and_the_others_are_a_number)
{
	struct fixture f;

	begin(&f);
	give(&f, sample_incident(), 10 * SEC);
	check_taken(&f, 1, "rewriter[4242]");
	for (int i = 0; i < 1233; i++)
		give(&f, sample_incident(), 10 * SEC + 1 + i);
	tick(&f, 11 * SEC - 1, false);
	check_taken(&f, 0, NULL);
	tick(&f, 11 * SEC, false);
	check_taken(&f, 1, "  and 1233 more corrupt within a second, 4.8M bytes: rewriter[4242] /srv/www/a.iso\n");
	/* The next second begins with a line of its own again. */
	give(&f, sample_incident(), 11 * SEC);
	check_taken(&f, 1, "rewriter[4242]");
	done(&f);
}

TEST_FN(others_are_not_counted_with_them)
{
	struct sample writer = sample_incident(), file = sample_incident(), verdict = sample_incident();
	struct fixture f;

	writer.inc.writer.pid++;
	file.inc.ino++;
	verdict.inc.answer.verdict = PF_VERDICT_POSSIBLE;
	begin(&f);
	give(&f, sample_incident(), SEC);
	give(&f, writer, SEC);
	give(&f, file, SEC);
	give(&f, verdict, SEC);
	check_taken(&f, 4, NULL);
	tick(&f, 2 * SEC, false);
	check_taken(&f, 0, NULL);
	done(&f);
}

TEST_FN(slow_ones_are_all_shown)
{
	struct fixture f;

	begin(&f);
	for (int i = 1; i < 10; i++)
		give(&f, sample_incident(), i * SEC);
	check_taken(&f, 9, NULL);
	tick(&f, 20 * SEC, true);
	check_taken(&f, 0, NULL);
	done(&f);
}

TEST_FN(end_tells_what_was_counted)
{
	struct fixture f;

	begin(&f);
	give(&f, sample_incident(), SEC);
	give(&f, sample_incident(), SEC);
	tick(&f, SEC, true);
	check_taken(&f, 2, "  and 1 more corrupt within a second, 4096 bytes: ");
	done(&f);
}

/* Where there is no room to count, nothing is hidden. */
TEST_FN(too_many_groups_hide_nothing)
{
	struct fixture f;

	begin(&f);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100; i++) {
			struct sample sample = sample_incident();

			sample.inc.ino = i;
			give(&f, sample, SEC);
		}
	}
	check_taken(&f, 100 + 36, NULL);
	tick(&f, 2 * SEC, false);
	check_taken(&f, 64, "  and 1 more ");
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_is_shown_and_the_others_are_a_number),
		cmocka_unit_test(others_are_not_counted_with_them),
		cmocka_unit_test(slow_ones_are_all_shown),
		cmocka_unit_test(end_tells_what_was_counted),
		cmocka_unit_test(too_many_groups_hide_nothing),
	};

	return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the report counts, prints and leaves out. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/procfile.h"
#include "kernel/filter.h"
#include "lib/test.h"
#include "run/report.h"
#include "sample.h"

/* A report whose standard output goes into a file. */
struct fixture {
	struct report_opts opts;
	struct filter filter;
	struct report *report;
	unsigned int printed;
	int out;
	int real_stdout;
};

static void on_incident(void *ctx, const struct shown *shown)
{
	struct fixture *f = ctx;

	assert_true(shown->wall_ns);
	f->printed++;
}

static void begin(struct fixture *f)
{
	f->out = memfd_create("report", MFD_CLOEXEC);
	fflush(stdout);
	f->real_stdout = dup(STDOUT_FILENO);
	dup2(f->out, STDOUT_FILENO);
	f->opts.on_incident = on_incident;
	f->opts.ctx = f;
	assert_int_equal(report_new(&f->report, &f->opts, &f->filter), 0);
	assert_int_equal(report_open(f->report), 0);
}

/* Returns what was printed, which the caller frees. */
static char *end(struct fixture *f)
{
	char *text;

	report_free(f->report);
	fflush(stdout);
	dup2(f->real_stdout, STDOUT_FILENO);
	close(f->real_stdout);
	assert_int_equal(procfile_text(f->out, &text), 0);
	close(f->out);
	return text;
}

static void give_for(struct fixture *f, enum pf_verdict verdict, enum pf_reason reason,
		     __u64 bytes)
{
	struct sample sample = sample_bare();

	sample.inc.answer.verdict = verdict;
	sample.inc.answer.reason = reason;
	sample.inc.bytes = bytes;
	assert_int_equal(report_incident(f->report, &sample.inc), 0);
}

static void give(struct fixture *f, enum pf_verdict verdict, __u64 bytes)
{
	give_for(f, verdict, PF_REASON_NONE, bytes);
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

TEST_FN(everything_is_counted_and_the_strong_is_printed)
{
	struct fixture f = {
		.opts = { .json = true, .fail_on = -1, .min_verdict = PF_VERDICT_MIXED },
	};
	struct summary sum = { 0 };
	char *text;

	begin(&f);
	give_for(&f, PF_VERDICT_POSSIBLE, PF_REASON_UNSEEN, 10);
	give(&f, PF_VERDICT_MIXED, 20);
	give(&f, PF_VERDICT_CORRUPT, 30);
	give(&f, PF_VERDICT_CORRUPT, 40);
	assert_int_equal(report_summary(f.report, &sum), 0);
	assert_false(report_full(f.report));
	assert_false(report_found(f.report));
	text = end(&f);
	assert_int_equal(f.printed, 3);
	assert_int_equal(lines(text), 4);	/* and the summary */
	free(text);
	assert_int_equal(sum.incidents[PF_VERDICT_POSSIBLE], 1);
	assert_int_equal(sum.incidents[PF_VERDICT_MIXED], 1);
	assert_int_equal(sum.incidents[PF_VERDICT_CORRUPT], 2);
	assert_int_equal(sum.bytes[PF_VERDICT_CORRUPT], 70);
	assert_int_equal(sum.small, 0);
	assert_int_equal(sum.unseen, 1);
}

TEST_FN(small_incidents_are_counted_apart)
{
	struct fixture f = {
		.opts = { .json = true, .fail_on = PF_VERDICT_IDENTICAL },
		.filter = { .min_bytes = 20 },
	};
	struct summary sum = { 0 };

	begin(&f);
	give(&f, PF_VERDICT_CORRUPT, 19);
	assert_false(report_found(f.report));
	give(&f, PF_VERDICT_CORRUPT, 20);
	assert_true(report_found(f.report));
	assert_int_equal(report_summary(f.report, &sum), 0);
	free(end(&f));
	assert_int_equal(f.printed, 1);
	assert_int_equal(sum.small, 1);
	assert_int_equal(sum.incidents[PF_VERDICT_CORRUPT], 1);
	assert_ptr_equal(sum.filter, &f.filter);
}

TEST_FN(full_report_takes_no_more)
{
	struct fixture f = { .opts = { .json = true, .fail_on = -1, .count = 2 } };
	struct summary sum = { 0 };

	begin(&f);
	give(&f, PF_VERDICT_CORRUPT, 1);
	assert_false(report_full(f.report));
	give(&f, PF_VERDICT_CORRUPT, 1);
	assert_true(report_full(f.report));
	give(&f, PF_VERDICT_CORRUPT, 1);
	assert_int_equal(report_summary(f.report, &sum), 0);
	free(end(&f));
	assert_int_equal(f.printed, 2);
	assert_int_equal(sum.incidents[PF_VERDICT_CORRUPT], 2);
}

TEST_FN(found_is_at_or_above_the_limit)
{
	struct fixture f = { .opts = { .json = true, .fail_on = PF_VERDICT_MIXED } };

	begin(&f);
	give(&f, PF_VERDICT_POSSIBLE, 1);
	assert_false(report_found(f.report));
	give(&f, PF_VERDICT_MIXED, 1);
	assert_true(report_found(f.report));
	give(&f, PF_VERDICT_POSSIBLE, 1);
	assert_true(report_found(f.report));
	free(end(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_counted_and_the_strong_is_printed),
		cmocka_unit_test(small_incidents_are_counted_apart),
		cmocka_unit_test(full_report_takes_no_more),
		cmocka_unit_test(found_is_at_or_above_the_limit),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_intake.c - a session takes records without spending a processor on asking for them.
 */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "running.h"
#include "stub_loader.h"

/* A session of half a second asks for records at most so often in each of its milliseconds. */
static FILE *check_rounds(unsigned int most)
{
	struct session_opts opts = { .duration_ns = SEC / 2 };
	unsigned int *rounds = mmap(NULL, sizeof(*rounds), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	__u64 began = clock_mono_ns();
	struct run run;
	FILE *all;

	assert_true(rounds != MAP_FAILED);
	stub.rounds = rounds;
	all = start_with_file(&run, &opts, NULL);
	assert_true(end(&run) < SEC / 2 + SOON);
	assert_int_equal(run.status, 0);
	assert_in_range(*rounds, 1, most * ((clock_mono_ns() - began) / NSEC_PER_MSEC));
	munmap(rounds, sizeof(*rounds));
	return all;
}

/*
 * The writer of the first record was preempted, and the ring buffer says that it can be
 * read all the time. The session waits for the writer, and says that something was lost.
 */
TEST_FN(record_never_submitted)
{
	char line[8192];
	FILE *all;

	stub = (struct stub){ .unready = true, .backlog = 4096 };
	all = check_rounds(2);
	rewind(all);
	assert_non_null(fgets(line, sizeof(line), all));
	assert_int_equal(number(line, "\"events_lost\""), 1);
	fclose(all);
}

/* A round of the loop reads the counters of all programs, which is too much for each record. */
TEST_FN(records_that_drip)
{
	stub = (struct stub){ .storm_ns = 60 * SEC, .drip = true };
	check_summary(check_rounds(1));
}

int main(void)
{
	cmocka_set_test_filter(getenv("ONLY"));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_never_submitted),
		cmocka_unit_test(records_that_drip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_view.c - a session that is shown: its frames, and its end, whoever looks. The kernel side is the stub. */
#include "lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "running.h"
#include "stub_loader.h"
#include "top/view.h"

static struct view_asked *asked;

static struct view_opts view(unsigned int frames)
{
	asked = mmap(NULL, sizeof(*asked), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(asked, MAP_FAILED);
	return (struct view_opts){ .every_ns = SEC / 4, .frames = frames, .batch = true, .asked = asked };
}

static unsigned int lines_with(FILE *all, const char *text)
{
	unsigned int n = 0;
	char line[1024];

	rewind(all);
	while (fgets(line, sizeof(line), all))
		n += strstr(line, text) != NULL;
	return n;
}

TEST_FN(ends_after_its_frames)
{
	struct view_opts opts_view = view(3);
	struct session_opts opts = { .report.view = &opts_view };
	struct run run;
	FILE *all;

	stub = (struct stub){ .incidents = 5 };
	all = start_with_file(&run, &opts, NULL);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
	assert_int_equal(lines_with(all, "pageflight top  "), 3);
	assert_true(lines_with(all, " corrupt ") >= 5);
	assert_int_equal(lines_with(all, "{"), 0);
	fclose(all);
}

/* A key of the other process. */
TEST_FN(ends_as_it_is_asked)
{
	struct view_opts opts_view = view(0);
	struct session_opts opts = { .report.view = &opts_view };
	struct run run;
	FILE *all;

	stub = (struct stub){ .storm_ns = 60 * SEC, .backlog = 4 << 20 };
	all = start_with_file(&run, &opts, NULL);
	__atomic_store_n(&asked->end, 1, __ATOMIC_RELAXED);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
	fclose(all);
}

/* Nobody reads the frames. */
TEST_FN(full_pipe)
{
	struct view_opts opts_view = view(0);
	struct session_opts opts = { .report.view = &opts_view };
	struct run run;

	stub = (struct stub){ .storm_ns = SEC / 4, .incidents = 2000 };
	start_with_pipe(&run, &opts, NULL);
	usleep(300000);
	kill(run.pid, SIGTERM);
	assert_true(end(&run) < SOON);
	close(run.out);
}

/* Whoever reads the frames goes: that is an end. */
TEST_FN(reader_gone)
{
	struct view_opts opts_view = view(0);
	struct session_opts opts = { .report.view = &opts_view };
	struct run run;

	stub = (struct stub){ 0 };
	start_with_pipe(&run, &opts, NULL);
	close(run.out);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(ends_after_its_frames),
	cmocka_unit_test(ends_as_it_is_asked),
	cmocka_unit_test(full_pipe),
	cmocka_unit_test(reader_gone),
};

int main(void)
{
	return cmocka_run_group_tests_name("test_view", tests, NULL, NULL);
}

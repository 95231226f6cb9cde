// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The race itself, without anybody watching, and the process that is held back
 * until somebody does. Needs loopback, no privileges.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/err.h"
#include "commands/demo_race.h"
#include "lib/test.h"

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return child_exit_status(status);
}

TEST_FN(test_race)
{
	char path[PATH_MAX], dir[PATH_MAX];
	struct race_result *result;
	struct child child;
	struct race race;
	struct err err;
	size_t wrong = 0;

	assert_int_equal(race_new(&race, NULL, &err), 0);
	snprintf(path, sizeof(path), "%s", race.path);
	snprintf(dir, sizeof(dir), "%s", race.dir);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(child_start(&child, race_run, &race), 0);
	child_go(&child);
	assert_int_equal(status_of(child.pid), 0);

	result = race.result;
	assert_string_equal(result->failed, "");
	assert_int_equal(result->received, RACE_BYTES);
	assert_true(result->sender > 0 && result->writer > 0 && result->reader > 0);
	assert_true(result->sender_port && result->reader_port);
	for (size_t i = 0; i < RACE_BYTES; i++) {
		if (result->got[i] == race_byte(i))
			continue;
		assert_int_equal(result->got[i], race_new_byte(i));
		assert_true(i - RACE_OFFSET < RACE_LENGTH);
		wrong++;
	}
	/* None on a kernel that copies what it sends. */
	assert_true(wrong == RACE_LENGTH || wrong == 0);
	race_free(&race);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(dir, F_OK), -1);
}

/* A file that is there already is nobody's to overwrite or remove. */
TEST_FN(test_existing_file)
{
	char path[] = "/tmp/pageflight-unit-XXXXXX";
	struct err err = { "" };
	struct race race;

	close(mkstemp(path));
	assert_int_equal(race_new(&race, path, &err), -EEXIST);
	assert_true(*err.text);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_int_equal(race_new(&race, "/nonexistent/dir/file", &err), -ENOENT);
}

static int seven(void *ctx)
{
	(void)ctx;
	return 7;
}

TEST_FN(test_child_is_held_back)
{
	struct child child;

	assert_int_equal(child_start(&child, seven, NULL), 0);
	assert_int_equal(waitpid(child.pid, NULL, WNOHANG), 0);
	child_go(&child);
	assert_int_equal(status_of(child.pid), 7);
}

TEST_FN(test_child_is_called_off)
{
	struct child child;

	assert_int_equal(child_start(&child, seven, NULL), 0);
	child_cancel(&child);
	child_cancel(&child);
	assert_int_equal(status_of(child.pid), 126);
}

static int run_command(char **argv)
{
	struct child child;

	assert_int_equal(child_start(&child, child_exec, argv), 0);
	child_go(&child);
	return status_of(child.pid);
}

TEST_FN(test_commands)
{
	int terminal = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);

	assert_int_equal(run_command((char *[]){ "sh", "-c", "exit 3", NULL }), 3);
	assert_int_equal(run_command((char *[]){ "sh", "-c", "kill -9 $$", NULL }), 137);
	/* A folder that may not be searched would be another answer. */
	setenv("PATH", "/usr/bin:/bin", 1);
	/* What they say is not for who reads the test's output. */
	dup2(nowhere, STDERR_FILENO);
	assert_int_equal(run_command((char *[]){ "no-such-command-here", NULL }), 127);
	assert_int_equal(run_command((char *[]){ "/", NULL }), 126);
	dup2(terminal, STDERR_FILENO);
	close(terminal);
	close(nowhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_existing_file),
		cmocka_unit_test(test_child_is_held_back),
		cmocka_unit_test(test_child_is_called_off),
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}

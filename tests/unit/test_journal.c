// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_journal.c - a recording on a file system that cannot map memory shared, and so
 * can have no write-ahead log. Such a one says so as the index of the log is mapped.
 */
#include "lib/test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording.h"
#include "story.h"

static sqlite3_vfs vfs;			/* the default one, but for this */
static sqlite3_io_methods methods;

static int refuse_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
	(void)file;
	(void)page;
	(void)size;
	(void)extend;
	*ret = NULL;
	return SQLITE_IOERR_SHMMAP;
}

static int open_without_maps(sqlite3_vfs *with, const char *name, sqlite3_file *file, int flags,
			     int *ret_flags)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);
	int code = real->xOpen(real, name, file, flags, ret_flags);

	(void)with;
	if (code == SQLITE_OK && flags & SQLITE_OPEN_MAIN_DB) {
		methods = *file->pMethods;
		methods.xShmMap = refuse_map;
		file->pMethods = &methods;
	}
	return code;
}

static void check(const char *name)
{
	const struct writer_opts opts = { .vfs = name };
	struct replay_result result;
	struct story story;
	char *again, log[128];

	story_make(&story, &opts);
	again = recording_lines(story.path, &result);
	assert_string_equal(again, story.lines);
	snprintf(log, sizeof(log), "%s-wal", story.path);
	assert_int_equal(access(log, F_OK), -1);
	free(again);
	story_free(&story);
}

TEST_FN(error_as_it_is_mapped)
{
	vfs = *sqlite3_vfs_find(NULL);
	vfs.zName = "no-maps";
	vfs.xOpen = open_without_maps;
	assert_int_equal(sqlite3_vfs_register(&vfs, 0), SQLITE_OK);
	check("no-maps");
}

/* This one says at once that it has no such memory. */
TEST_FN(refused_at_once)
{
	check("unix-dotfile");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_as_it_is_mapped),
		cmocka_unit_test(refused_at_once),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_record.c - what a session records and what a replay of it prints: the same lines,
 * however the session ended.
 */
#include "lib/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "exposed.h"
#include "kernel/filter.h"
#include "record/replay.h"
#include "recording.h"
#include "review/lines.h"
#include "running.h"
#include "stub_loader.h"

static char *same_lines(const char *path, const char *lines, bool ended)
{
	struct replay_result result;
	char *replayed = recording_lines(path, &result);
	size_t len = strlen(replayed);

	/* A session that was killed may have printed what was not committed yet. */
	if (ended)
		assert_int_equal(len, strlen(lines));
	assert_memory_equal(replayed, lines, len);
	assert_int_equal(result.ended, ended);
	assert_int_equal(result.other, 0);
	assert_int_equal(result.lost, 0);
	return replayed;
}

TEST_FN(replay_prints_what_the_session_did)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	struct recording rec = { .incidents = 500, .filter = filter };
	char *replayed;

	assert_int_equal(filter_add(filter, FILTER_PORT, "80"), 0);
	assert_int_equal(filter_add(filter, FILTER_COMM, "caf\xe9"), 0);
	filter->min_bytes = 4096;
	recording_make(&rec);
	assert_int_equal(rec.status, 0);
	replayed = same_lines(rec.path, rec.lines, true);
	assert_true(recording_count(replayed, "{\"type\":\"incident\"") > 400);
	assert_int_equal(recording_count(replayed, "{\"type\":\"summary\""), 1);
	assert_int_equal(recording_count(replayed, "\"comm\":[\"caf"), 1);
	free(replayed);
	free(filter);
	recording_free(&rec);
}

static void change(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* Which line it is, from 1. */
static size_t line_of(const char *text, const char *what)
{
	const char *at = strstr(text, what);
	size_t n = 1;

	assert_non_null(at);
	for (; text < at; text++)
		n += *text == '\n';
	return n;
}

/* In the summary as it was printed; and one that was told meanwhile, where it was told. */
TEST_FN(exposures_are_replayed)
{
	const struct pf_exposed exposed = {
		.pages = 4348, .how = PF_EXPOSED_OPEN, .pid = 198, .comm = "nginx",
		.file = { .dev = 0xfffffull << 20, .ino = 12, .flags = PF_OP_DELETED, .path = "/image.iso" },
	};
	struct recording rec = { .incidents = 20, .exposed = &exposed };
	struct replay_result result;
	char *replayed;

	recording_make(&rec);
	replayed = same_lines(rec.path, rec.lines, true);
	assert_int_equal(recording_count(replayed, "/image.iso\",\"dev\":\"1048575:0\",\"inode\":12,"
					 "\"deleted\":true"), 1);
	assert_int_equal(recording_count(replayed, "\"pages\":4348,\"open\":true"), 1);
	free(replayed);
	change(rec.path, "UPDATE exposure SET at_end = 0, after = 7");
	replayed = recording_lines(rec.path, &result);
	assert_int_equal(line_of(replayed, "{\"type\":\"exposure\""), 8);
	assert_int_equal(recording_count(replayed, "{\"type\":\"incident\""), 20);
	assert_int_equal(recording_count(replayed, "\"worst\":[]"), 1);
	free(replayed);
	recording_free(&rec);
}

TEST_FN(file_is_its_owners_alone_and_is_one)
{
	struct recording rec = { .incidents = 5 };
	char log[128];
	struct stat st;

	recording_make(&rec);
	assert_int_equal(stat(rec.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(log, sizeof(log), "%s-wal", rec.path);
	assert_int_equal(access(log, F_OK), -1);
	recording_free(&rec);
}

static void check_integrity(const char *path)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(stmt, 0), "ok");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

TEST_FN(killed_session_has_what_it_committed)
{
	const char *storm = getenv("STORM");	/* more incidents, for a test by hand */
	struct recording rec = { .incidents = storm ? atoi(storm) : 3000, .kill = true };
	char *replayed;

	recording_make(&rec);
	check_integrity(rec.path);
	replayed = same_lines(rec.path, rec.lines, false);
	assert_true(recording_count(replayed, "{\"type\":\"incident\"") > 0);
	assert_int_equal(recording_count(replayed, "{\"type\":\"summary\""), 0);
	free(replayed);
	recording_free(&rec);
}

/* Oldest evidence goes, and the size has a bound; what is left can be replayed. */
TEST_FN(rotation_keeps_the_latest)
{
	struct recording rec = { .incidents = 6000, .max_bytes = 2 << 20 };
	struct replay_result result;
	struct reader *r;
	struct stat st;
	struct err err;
	char *replayed;

	recording_make(&rec);
	assert_int_equal(rec.status, 0);
	assert_int_equal(stat(rec.path, &st), 0);
	assert_true(st.st_size < 2 * (2 << 20));
	replayed = recording_lines(rec.path, &result);
	/* It is the end of what was printed. */
	assert_true(strlen(replayed) < strlen(rec.lines));
	assert_string_equal(replayed, rec.lines + strlen(rec.lines) - strlen(replayed));
	assert_int_equal(reader_open(&r, rec.path, &err), 0);
	assert_true(reader_lost(r, "rotated chunks") > 0);
	assert_int_equal(reader_lost(r, "rotated incidents") +
			 recording_count(replayed, "{\"type\":\"incident\""),
			 recording_count(rec.lines, "{\"type\":\"incident\""));
	reader_close(r);
	free(replayed);
	recording_free(&rec);
}

TEST_FN(file_that_is_there_is_not_touched)
{
	struct session_opts opts = { .report.record = "/dev/null", .ready_fd = -1 };
	struct session_result result;

	assert_true(session_run(&opts, &result) < 0);
	opts.report.record = "/nonexistent/run.pf";
	assert_true(session_run(&opts, &result) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_prints_what_the_session_did),
		cmocka_unit_test(exposures_are_replayed),
		cmocka_unit_test(file_is_its_owners_alone_and_is_one),
		cmocka_unit_test(killed_session_has_what_it_committed),
		cmocka_unit_test(rotation_keeps_the_latest),
		cmocka_unit_test(file_that_is_there_is_not_touched),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}

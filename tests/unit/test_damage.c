// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_damage.c - recordings that were cut, changed, or made by somebody else: one line
 * says so, and what can be read is replayed.
 */
#include "lib/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "recording.h"
#include "review/lines.h"

#define CUTS 1000
#define CHANGES 2000	/* DAMAGE=10000 in the environment for more */

static struct recording rec;
static char *bytes;
static size_t size;
static char path[128];

static int make(void **state)
{
	FILE *in;

	(void)state;
	rec = (struct recording){ .incidents = 8 };
	recording_make(&rec);
	in = fopen(rec.path, "r");
	bytes = malloc(1 << 24);
	size = fread(bytes, 1, 1 << 24, in);
	fclose(in);
	snprintf(path, sizeof(path), "%s/other.pf", rec.dir);
	return size < 4096;
}

static int unmake(void **state)
{
	(void)state;
	free(bytes);
	recording_free(&rec);
	return 0;
}

/* Read a file as far as it goes. Returns whether all went well; if not, there is one line. */
static bool try(const char *what)
{
	struct replay_result result;
	struct err err = { "" };
	struct reader *r;
	char *text;
	size_t len;
	FILE *out;
	int failed;

	if (reader_open(&r, what, &err)) {
		assert_true(*err.text && !strchr(err.text, '\n'));
		return false;
	}
	out = open_memstream(&text, &len);
	failed = lines_print(r, out, &result, &err);
	fclose(out);
	free(text);
	if (failed)
		assert_true(*err.text && !strchr(err.text, '\n'));
	reader_close(r);
	return !failed;
}

static void put(const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

TEST_FN(whole_one_is_read)
{
	put(bytes, size);
	assert_true(try(path));
}

TEST_FN(cut_anywhere)
{
	for (size_t i = 0; i < CUTS; i++) {
		put(bytes, size * i / CUTS);
		assert_false(try(path));
	}
}

/* Any bytes anywhere; mostly a few, and more where they decide how the rest is read. */
TEST_FN(changed_anywhere)
{
	unsigned int seed = 1, whole = 0, all = getenv("DAMAGE") ? atoi(getenv("DAMAGE")) : CHANGES;
	char *copy = malloc(size);

	for (size_t i = 0; i < all; i++) {
		unsigned int n = 1 + rand_r(&seed) % 8;
		size_t room = i % 4 ? size : 4096;

		memcpy(copy, bytes, size);
		while (n--)
			copy[rand_r(&seed) % room] = rand_r(&seed);
		put(copy, size);
		whole += try(path);
	}
	/* Bytes of a name or of nothing change without harm; else it is noticed. */
	assert_true(whole > 0 && whole < all);
	free(copy);
}

static void change(const char *sql)
{
	sqlite3 *db;

	put(bytes, size);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void check_refused(const char *sql, const char *why)
{
	struct reader *r;
	struct err err;

	change(sql);
	assert_int_not_equal(reader_open(&r, path, &err), 0);
	assert_non_null(strstr(err.text, why));
	assert_non_null(strstr(err.text, path));
}

TEST_FN(others_are_refused)
{
	check_refused("PRAGMA user_version = 4", "was made by a newer pageflight: its format is 4");
	check_refused("PRAGMA user_version = 2", "was made by an older pageflight: its format is 2");
	check_refused("PRAGMA user_version = 1", "was made by an older pageflight: its format is 1");
	check_refused("PRAGMA application_id = 1", "is no recording of pageflight");
	check_refused("DROP TABLE feed", "has not the tables");
	/* A view that never ends in place of a table. */
	check_refused("DROP TABLE feed; CREATE VIEW feed AS WITH RECURSIVE r(chunk) AS (SELECT 1 UNION ALL "
		      "SELECT chunk + 1 FROM r) SELECT chunk, x'' AS data FROM r", "has not the tables");
	check_refused("CREATE TRIGGER t AFTER INSERT ON about BEGIN DELETE FROM feed; END", "has not the tables");
	put("SQLite format 3", 16);
	assert_false(try(path));
	put("", 0);
	assert_false(try(path));
}

TEST_FN(other_layout_is_not_replayed)
{
	struct reader *r;
	struct err err;

	change("UPDATE about SET value = 'other' WHERE key = 'layout'");
	assert_int_equal(reader_open(&r, path, &err), 0);
	assert_false(reader_can_replay(r, &err));
	assert_non_null(strstr(err.text, "SQL can read it"));
	reader_close(r);
	assert_false(try(path));
}

/* What is missing in the middle is counted, and the rest is replayed. */
TEST_FN(missing_chunk_is_counted)
{
	struct replay_result result;

	change("UPDATE feed SET chunk = chunk + 5");
	free(recording_lines(path, &result));
	assert_true(result.lost > 0);
	change("UPDATE feed SET data = x'0100000010000000'");
	free(recording_lines(path, &result));
	assert_true(result.lost > 0);
	assert_int_equal(result.shown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_one_is_read),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(changed_anywhere),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(other_layout_is_not_replayed),
		cmocka_unit_test(missing_chunk_is_counted),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests_name("damage", tests, make, unmake);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A recording with any names and any input of the engine: what is drawn of it has no
 * character that a terminal obeys. Its file is whole; tests/unit/test_damage.c has others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "fuzz.h"
#include "record/schema.h"
#include "review/case_text.h"
#include "review/html.h"
#include "review/lines.h"
#include "review/overview.h"
#include "review/trace.h"

static char path[] = "/dev/shm/pf-fuzz-XXXXXX";

static void check_err(const struct err *err)
{
	CHECK(*err->text && !strchr(err->text, '\n'));
}

static void check_text(FILE *out, char **text)
{
	char *line, *save = NULL;

	fclose(out);
	for (line = strtok_r(*text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		CHECK(is_clean(line));
	free(*text);
}

static void draw(struct reader *r)
{
	struct err err = { "" };
	struct review *v;
	char *text;
	size_t len;
	FILE *out;

	if (review_new(&v, r, &err))
		check_err(&err);
	if (!v)
		return;
	out = open_memstream(&text, &len);
	CHECK(out && !overview_print(out, v) && !repair_print(out, v) && !html_print(out, v));
	for (size_t i = 0; i < v->n_cases; i++)
		case_print(out, v, &v->cases[i]);
	CHECK(!trace_print(out, v));
	check_text(out, &text);
	review_free(v);
}

/* A recording with one incident row, whose names and chunk are changed for each input. */
static sqlite3 *make(void)
{
	static const char rows[] =
		"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
		"INSERT INTO feed VALUES (1, 0, 0, x''); INSERT INTO clock VALUES (1, 1000000000); "
		"INSERT INTO suspect VALUES (1, 0, 7, 'name'); "
		"INSERT INTO incident (n, op, conn, wall, suspects_sought) VALUES (1, 1, 1, 1000000000, 1);";
	char *sql = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; %s %s "
				    "INSERT INTO about VALUES ('layout', %Q)", SCHEMA_APPLICATION_ID,
				    SCHEMA_VERSION, schema_sql, rows, schema_layout());
	sqlite3 *db;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK && sql);
	CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_free(sql);
	return db;
}

static void change(sqlite3 *db, const char *name, const void *data, size_t size)
{
	static const char *const sql[] = {
		"UPDATE incident SET path = ?1, path_view = ?1, sender_module = ?1, stack = ?1",
		"UPDATE suspect SET comm = ?1", "UPDATE feed SET data = ?2",
		"INSERT OR REPLACE INTO about VALUES ('host', ?1)",
	};

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		sqlite3_stmt *stmt;

		CHECK(sqlite3_prepare_v2(db, sql[i], -1, &stmt, NULL) == SQLITE_OK);
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
		if (sqlite3_bind_parameter_count(stmt) > 1)
			sqlite3_bind_blob(stmt, 2, data, size, SQLITE_STATIC);
		CHECK(sqlite3_step(stmt) == SQLITE_DONE);
		sqlite3_finalize(stmt);
	}
}

static void remove_it(void)
{
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static sqlite3 *db;
	struct input in = { data, size };
	struct replay_result result;
	struct err err = { "" };
	struct reader *r;
	char *text, *name = take_line(&in);
	size_t len;
	FILE *out;

	if (!db) {
		CHECK(mkstemp(path) >= 0);
		db = make();
		atexit(remove_it);
	}
	change(db, name, in.at, in.left);
	free(name);
	CHECK(!reader_open(&r, path, &err));
	out = open_memstream(&text, &len);
	CHECK(out);
	if (lines_print(r, out, &result, &err))
		check_err(&err);
	check_text(out, &text);
	draw(r);
	reader_close(r);
	return 0;
}

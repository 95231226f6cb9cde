// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_queries.c - the queries of docs/recordings.md work on a recording. */
#include "lib/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

#define QUERIES 6

/* The text of the next block of SQL, or NULL. */
static char *next_query(FILE *in)
{
	char line[512], *query = NULL;
	size_t len = 0;
	bool inside = false;

	while (fgets(line, sizeof(line), in)) {
		if (!inside) {
			inside = !strcmp(line, "```sql\n");
			continue;
		}
		if (!strcmp(line, "```\n"))
			return query;
		query = realloc(query, len + strlen(line) + 1);
		strcpy(query + len, line);
		len += strlen(line);
	}
	return NULL;
}

/* Rows of it, and the last number of the first one. */
static int rows_of(sqlite3 *db, const char *query, sqlite3_int64 *ret_last)
{
	sqlite3_stmt *stmt;
	int n = 0;

	if (sqlite3_prepare_v2(db, query, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		if (!n++)
			*ret_last = sqlite3_column_int64(stmt, sqlite3_column_count(stmt) - 1);
	}
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	return n;
}

TEST_FN(documented_queries)
{
	struct recording rec = { .incidents = 10 };
	sqlite3_int64 bytes, last = 0;
	FILE *in = fopen("docs/recordings.md", "r");
	sqlite3 *db;
	char *query;
	int n = 0;

	assert_non_null(in);
	recording_make(&rec);
	assert_int_equal(sqlite3_open_v2(rec.path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	bytes = 4096 * recording_count(rec.lines, "{\"type\":\"incident\"");
	for (; (query = next_query(in)); n++) {
		/* The last one says what was lost: nothing. */
		assert_int_equal(rows_of(db, query, &last), n < QUERIES - 1);
		if (n < 4)
			assert_int_equal(last, bytes);
		free(query);
	}
	assert_int_equal(n, QUERIES);
	fclose(in);
	sqlite3_close(db);
	recording_free(&rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documented_queries),
	};

	return cmocka_run_group_tests_name("queries", tests, NULL, NULL);
}

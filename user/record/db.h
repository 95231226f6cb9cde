/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * db - a recording as a database: the only place where its library is set up. After a
 * failure every call fails, and err has the first one.
 */
#ifndef PAGEFLIGHT_DB_H
#define PAGEFLIGHT_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <sqlite3.h>
#include <linux/types.h>

struct err;

struct db {
	sqlite3 *at;
	int code;		/* of the library: the first failure; 0: none */
	char why[256];
};

/* Run statements that return nothing. False after a failure, as all of these. */
bool db_run(struct db *db, const char *sql);

/* The first number that a statement returns. */
bool db_number(struct db *db, const char *sql, __s64 *ret_number);

/*
 * Prepare a statement. Its parameters are bound in the order of these calls: a format of
 * one letter each, 'i' for __u64, 'n' for one of which 0 is NULL, 't' for a text or NULL,
 * 'b' for bytes and their size_t.
 */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);
bool db_put(struct db *db, sqlite3_stmt *stmt, const char *format, ...);

/* The next row of a statement: true if there is one. */
bool db_step(struct db *db, sqlite3_stmt *stmt);

/* Of a row. A text is valid until the next step, and NULL if the column is. */
__u64 db_u64(sqlite3_stmt *stmt, int column);
const char *db_text(sqlite3_stmt *stmt, int column);

/* Note a failure of our own. */
void db_failed(struct db *db, int code, const char *why);

void db_close(struct db *db);

#endif

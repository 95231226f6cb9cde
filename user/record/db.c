// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* db.c - see db.h. */
#include "db.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void db_failed(struct db *db, int code, const char *why)
{
	if (db->code)
		return;
	db->code = code;
	snprintf(db->why, sizeof(db->why), "%s", why);
}

static bool check(struct db *db, int code)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return true;
	db_failed(db, code, sqlite3_errmsg(db->at));
	return false;
}

bool db_run(struct db *db, const char *sql)
{
	return !db->code && check(db, sqlite3_exec(db->at, sql, NULL, NULL, NULL));
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (!db->code)
		check(db, sqlite3_prepare_v2(db->at, sql, -1, &stmt, NULL));
	return stmt;
}

bool db_step(struct db *db, sqlite3_stmt *stmt)
{
	int code;

	if (db->code || !stmt)
		return false;
	code = sqlite3_step(stmt);
	return check(db, code) && code == SQLITE_ROW;
}

static int bind(sqlite3_stmt *stmt, int i, char kind, va_list *args)
{
	const void *data;
	const char *text;
	__u64 number;

	switch (kind) {
	case 'i':
		return sqlite3_bind_int64(stmt, i, va_arg(*args, __u64));
	case 'n':
		number = va_arg(*args, __u64);
		return number ? sqlite3_bind_int64(stmt, i, number) : sqlite3_bind_null(stmt, i);
	case 't':
		text = va_arg(*args, const char *);
		return text ? sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC) :
			      sqlite3_bind_null(stmt, i);
	default:
		data = va_arg(*args, const void *);
		return sqlite3_bind_blob64(stmt, i, data, va_arg(*args, size_t), SQLITE_STATIC);
	}
}

bool db_put(struct db *db, sqlite3_stmt *stmt, const char *format, ...)
{
	int code = SQLITE_OK;
	va_list args;

	if (db->code || !stmt)
		return false;
	va_start(args, format);
	for (int i = 0; format[i] && code == SQLITE_OK; i++)
		code = bind(stmt, i + 1, format[i], &args);
	va_end(args);
	if (check(db, code))
		check(db, sqlite3_step(stmt));
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return !db->code;
}

bool db_number(struct db *db, const char *sql, __s64 *ret_number)
{
	sqlite3_stmt *stmt = db_prepare(db, sql);
	bool any = db_step(db, stmt);

	if (any)
		*ret_number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return any;
}

__u64 db_u64(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt, column);
}

const char *db_text(sqlite3_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

void db_close(struct db *db)
{
	sqlite3_stmt *stmt;

	while ((stmt = sqlite3_next_stmt(db->at, NULL)))
		sqlite3_finalize(stmt);
	sqlite3_close(db->at);
	db->at = NULL;
}

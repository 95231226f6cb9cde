// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * reader.c - see reader.h. A table that is not word for word one of ours may be a view
 * that never ends, so it is refused.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "schema.h"
#include "told.h"

#define LENGTH_MAX (64 << 20)	/* bytes of a row */

static int not_ours(const struct reader *r, struct err *ret_err)
{
	return err_set(ret_err, -EBADMSG, "%s is no recording of pageflight", r->path);
}

bool reader_failed(const struct reader *r, struct err *ret_err)
{
	if (!r->db.code)
		return false;
	err_set(ret_err, -EIO, "%s is damaged: %s", r->path, r->db.why);
	return true;
}

/* Where there is no log beside the file, it is read as one that does not change. */
static int open_at(struct reader *r, bool alone)
{
	static const char hex[] = "0123456789abcdef";
	char *uri = malloc(3 * strlen(r->path) + 64), *at = uri;
	int code;

	if (!uri)
		return SQLITE_NOMEM;
	at += sprintf(at, "file:%s", *r->path == '/' ? "//" : "");
	for (const char *c = r->path; *c; c++) {
		if (strchr("%?#", *c))
			at += sprintf(at, "%%%c%c", hex[(unsigned char)*c >> 4], hex[*c & 15]);
		else
			*at++ = *c;
	}
	sprintf(at, "?mode=ro%s", alone ? "&immutable=1" : "");
	code = sqlite3_open_v2(uri, &r->db.at, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	free(uri);
	return code;
}

static bool has_log(const char *path)
{
	char *log;
	bool has;

	if (asprintf(&log, "%s-wal", path) < 0)
		return true;
	has = !access(log, F_OK);
	free(log);
	return has;
}

static void harden(struct reader *r)
{
	sqlite3_db_config(r->db.at, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(r->db.at, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(r->db.at, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_busy_timeout(r->db.at, 5000);
	sqlite3_exec(r->db.at, "PRAGMA cell_size_check = ON; PRAGMA query_only = ON; PRAGMA mmap_size = 0",
		     NULL, NULL, NULL);
}

/* Is there a table of this name, made by exactly these words? */
static bool has_table(struct reader *r, const char *words, size_t len)
{
	sqlite3_stmt *stmt = db_prepare(&r->db, "SELECT count(*) FROM sqlite_schema WHERE sql = ?");
	bool has = false;

	if (stmt && sqlite3_bind_text(stmt, 1, words, len, SQLITE_STATIC) == SQLITE_OK &&
	    db_step(&r->db, stmt))
		has = db_u64(stmt, 0) == 1;
	sqlite3_finalize(stmt);
	return has;
}

static bool has_tables(struct reader *r)
{
	const char *at = schema_sql, *end;
	__s64 n = 0, have = 0;

	for (; (end = strchr(at, ';')); at = end + 1, n++) {
		if (!has_table(r, at, end - at))
			return false;
	}
	/* Nothing else either. Indexes that the library has made have no words. */
	return db_number(&r->db, "SELECT count(*) FROM sqlite_schema WHERE sql IS NOT NULL", &have) &&
	       have == n;
}

/* The library reads zeros where a part of the last page is missing. */
static bool is_cut(struct reader *r, off_t size)
{
	__s64 page = 0, pages = 0;

	return db_number(&r->db, "PRAGMA page_size", &page) &&
	       db_number(&r->db, "PRAGMA page_count", &pages) && size != page * pages;
}

static int check(struct reader *r, struct err *ret_err)
{
	__s64 application = 0, version = 0;

	if (!db_number(&r->db, "PRAGMA application_id", &application) ||
	    !db_number(&r->db, "PRAGMA user_version", &version)) {
		if (r->db.code == SQLITE_NOTADB)
			return not_ours(r, ret_err);
		if ((r->db.code & 0xff) == SQLITE_CANTOPEN)
			return err_set(ret_err, -EIO, "cannot open %s: %s", r->path, r->db.why);
		reader_failed(r, ret_err);
		return -EIO;
	}
	if ((__u32)application != SCHEMA_APPLICATION_ID)
		return not_ours(r, ret_err);
	if (version > SCHEMA_VERSION)
		return err_set(ret_err, -EBADMSG, "%s was made by a newer pageflight: its format is %lld, "
			       "and this one reads %d", r->path, version, SCHEMA_VERSION);
	if (version > 0 && version < SCHEMA_VERSION)
		return err_set(ret_err, -EBADMSG, "%s was made by an older pageflight: its format is %lld, "
			       "and this one reads %d; SQL can read it", r->path, version, SCHEMA_VERSION);
	if (version != SCHEMA_VERSION || (!has_tables(r) && !r->db.code))
		return err_set(ret_err, -EBADMSG, "%s is damaged: it has not the tables of a recording",
			       r->path);
	return reader_failed(r, ret_err) ? -EIO : 0;
}

int reader_open(struct reader **ret_reader, const char *path, struct err *ret_err)
{
	struct reader *r = calloc(1, sizeof(*r));
	int err = 0, code;
	struct stat st;
	bool log;

	if (!r)
		return err_set(ret_err, -ENOMEM, "out of memory");
	r->path = path;
	if (stat(path, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (err) {
		err_set(ret_err, err, "cannot open %s: %s", path, strerror(-err));
		free(r);
		return err;
	}
	log = has_log(path);
	code = open_at(r, !log);
	if (code != SQLITE_OK)
		err = err_set(ret_err, -EIO, "cannot open %s: %s", path,
			      r->db.at ? sqlite3_errmsg(r->db.at) : "out of memory");
	if (!err) {
		harden(r);
		err = check(r, ret_err);
	}
	if (!err && !log && is_cut(r, st.st_size))
		err = err_set(ret_err, -EBADMSG, "%s is damaged: its end is missing", path);
	if (err)
		reader_close(r);
	else
		*ret_reader = r;
	return err;
}

const char *reader_keep(struct reader *r, const char *text)
{
	char **texts, *copy;

	if (!text)
		return NULL;
	texts = reallocarray(r->texts, r->n_texts + 1, sizeof(*texts));
	copy = texts ? strdup(text) : NULL;
	if (texts)
		r->texts = texts;
	if (copy)
		r->texts[r->n_texts++] = copy;
	else
		db_failed(&r->db, SQLITE_NOMEM, "out of memory");
	return copy;
}

static const char *text_for(struct reader *r, const char *sql, const char *key)
{
	sqlite3_stmt *stmt = db_prepare(&r->db, sql);
	const char *text = NULL;

	if (stmt && sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
	    db_step(&r->db, stmt))
		text = reader_keep(r, db_text(stmt, 0));
	sqlite3_finalize(stmt);
	return text;
}

const char *reader_about(struct reader *r, const char *key)
{
	return text_for(r, "SELECT value FROM about WHERE key = ?", key);
}

__u64 reader_about_number(struct reader *r, const char *key, __u64 otherwise)
{
	const char *text = reader_about(r, key);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

__u64 reader_lost(struct reader *r, const char *what)
{
	const char *text = text_for(r, "SELECT n FROM lost WHERE what = ?", what);

	return text ? strtoull(text, NULL, 10) : 0;
}

__u64 reader_wall(struct reader *r, __u64 mono)
{
	sqlite3_stmt *stmt = db_prepare(&r->db, "SELECT wall - mono FROM clock ORDER BY mono > ?, "
						"abs(mono - ?) LIMIT 1");
	__u64 offset = 0;

	if (stmt && sqlite3_bind_int64(stmt, 1, mono) == SQLITE_OK &&
	    sqlite3_bind_int64(stmt, 2, mono) == SQLITE_OK && db_step(&r->db, stmt))
		offset = db_u64(stmt, 0);
	sqlite3_finalize(stmt);
	return mono + offset;
}

static int kind_of(const char *name)
{
	for (int kind = 0; name && kind < FILTER_MIN_BYTES; kind++)
		if (!strcmp(name, filter_kind_name(kind)))
			return kind;
	return FILTER_MAX;
}

static void read_filter(struct reader *r)
{
	sqlite3_stmt *stmt = db_prepare(&r->db, "SELECT kind, value FROM filter ORDER BY rowid");

	memset(&r->filter, 0, sizeof(r->filter));
	while (db_step(&r->db, stmt)) {
		int kind = kind_of(db_text(stmt, 0));
		const char *value = db_text(stmt, 1);

		if (kind == FILTER_MAX || !value || r->filter.n_given[kind] == PF_FILTER_VALUES)
			continue;
		value = reader_keep(r, value);
		if (value)
			r->filter.given[kind][r->filter.n_given[kind]++] = value;
	}
	sqlite3_finalize(stmt);
	r->filter.min_bytes = reader_about_number(r, "min_bytes", 0);
}

/* Each row becomes a hook of its own role that this kernel has not, so that it is said as it was. */
static void read_blind(struct reader *r)
{
	sqlite3_stmt *stmt = db_prepare(&r->db, "SELECT what, symbol, why FROM blind ORDER BY rowid");

	r->n_hooks = 0;
	while (db_step(&r->db, stmt)) {
		struct hook *hooks = reallocarray(r->hooks, r->n_hooks + 1, sizeof(*hooks)), *h;
		char role[24];

		if (!hooks) {
			db_failed(&r->db, SQLITE_NOMEM, "out of memory");
			break;
		}
		r->hooks = hooks;
		snprintf(role, sizeof(role), "%zu", r->n_hooks);
		h = &hooks[r->n_hooks++];
		*h = (struct hook){
			.program = "", .role = reader_keep(r, role), .state = HOOK_ABSENT,
			.blind_without = reader_keep(r, db_text(stmt, 0)) ?: "?",
			.symbol = reader_keep(r, db_text(stmt, 1)) ?: "?",
		};
		snprintf(h->why_absent, sizeof(h->why_absent), "%s", db_text(stmt, 2) ?: "?");
	}
	sqlite3_finalize(stmt);
}

static int content_of(const char *name)
{
	for (int i = 0; name && i < PF_CONTENT_MAX; i++)
		if (!strcmp(name, pf_content_names[i]))
			return i;
	return PF_CONTENT_OFF;
}

static void read_counted(struct reader *r, struct summary *sum)
{
	sqlite3_stmt *stmt = db_prepare(&r->db, "SELECT verdict, incidents, bytes FROM counted");

	while (db_step(&r->db, stmt)) {
		const char *name = db_text(stmt, 0);

		for (int i = 0; name && i < PF_VERDICT_MAX; i++) {
			if (strcmp(name, pf_verdict_names[i]))
				continue;
			sum->incidents[i] = db_u64(stmt, 1);
			sum->bytes[i] = db_u64(stmt, 2);
		}
	}
	sqlite3_finalize(stmt);
}

/* Those of the end. */
static void read_exposures(struct reader *r, struct summary *sum)
{
	struct told *told = NULL;
	long n = told_read(r, &told);
	size_t kept = 0;

	free(r->exposures);
	free(r->told);
	r->told = told;
	r->exposures = n > 0 ? calloc(n, sizeof(*r->exposures)) : NULL;
	for (long i = 0; i < n && r->exposures; i++)
		if (told[i].at_end)
			r->exposures[kept++] = told[i].e;
	if (n < 0 || (n && !r->exposures))
		db_failed(&r->db, SQLITE_NOMEM, "out of memory");
	sum->exposures.at = r->exposures;
	sum->exposures.n = kept;
}

bool reader_summary(struct reader *r, struct summary *ret_sum)
{
	struct summary sum = { .content = content_of(reader_about(r, "content")) };
	sqlite3_stmt *stmt;
	bool any;

	read_filter(r);
	read_blind(r);
	read_counted(r, &sum);
	read_exposures(r, &sum);
	stmt = db_prepare(&r->db, "SELECT wall, duration, refused, evicted, output_lost, below_min_bytes, "
				  "unseen, totals, exposed_files, exposed_pages FROM summary");
	any = db_step(&r->db, stmt);
	if (any) {
		sum.wall_ns = db_u64(stmt, 0);
		sum.duration_ns = db_u64(stmt, 1);
		sum.refused = db_u64(stmt, 2);
		sum.evicted = db_u64(stmt, 3);
		sum.output_lost = db_u64(stmt, 4);
		sum.small = db_u64(stmt, 5);
		sum.unseen = db_u64(stmt, 6);
		if (sqlite3_column_bytes(stmt, 7) == sizeof(sum.totals) && sqlite3_column_blob(stmt, 7))
			memcpy(&sum.totals, sqlite3_column_blob(stmt, 7), sizeof(sum.totals));
		sum.exposures.files = db_u64(stmt, 8);
		sum.exposures.pages = db_u64(stmt, 9);
	}
	sqlite3_finalize(stmt);
	sum.filter = &r->filter;
	sum.hooks = r->hooks;
	sum.n_hooks = r->n_hooks;
	*ret_sum = sum;
	return any && !r->db.code;
}

bool reader_can_replay(struct reader *r, struct err *ret_why)
{
	const char *layout = reader_about(r, "layout");

	if (layout && !strcmp(layout, schema_layout()))
		return true;
	if (!reader_failed(r, ret_why))
		err_set(ret_why, -EBADMSG, "%s was made by another version of pageflight: only that one can "
			"replay it, but SQL can read it", r->path);
	return false;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->db.at)
		db_close(&r->db);
	for (size_t i = 0; i < r->n_texts; i++)
		free(r->texts[i]);
	free(r->texts);
	free(r->hooks);
	free(r->exposures);
	free(r->told);
	free(r);
}

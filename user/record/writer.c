// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * writer.c - see writer.h. It commits twice a second, at a mark, so that what is in the
 * file is always a moment at which no incident was under way.
 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "chunk.h"
#include "pack.h"
#include "rows.h"
#include "schema.h"
#include "tap.h"

#define COMMIT_NS (NSEC_PER_SEC / 2)
#define COMMIT_BYTES (8u << 20)		/* of the engine's input, or earlier */
#define POLL_MS 100

struct writer {
	const struct writer_opts *opts;
	struct db db;
	struct chunk *chunk;
	struct rows *rows;
	FILE *pending;			/* frames since the last mark */
	char *text;
	size_t len;
	bool open;			/* a transaction is */
	__u64 began;			/* the transaction */
	__u64 bytes;			/* when it began */
	__u64 chunks_gone, incidents_gone;
};

int writer_check(const char *path, struct err *ret_err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : 0;

	if (err == -EEXIST)
		return err_set(ret_err, err, "%s is there already: remove it, or take another name", path);
	if (err)
		return err_set(ret_err, err, "cannot write to %s: %s", path, strerror(-err));
	close(fd);
	return 0;
}

static bool open_at(struct writer *w)
{
	int code = sqlite3_open_v2(w->opts->path, &w->db.at, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				   w->opts->vfs);

	if (code != SQLITE_OK) {
		db_failed(&w->db, code, w->db.at ? sqlite3_errmsg(w->db.at) : "out of memory");
		return false;
	}
	sqlite3_extended_result_codes(w->db.at, 1);
	/* Somebody may read at that moment. */
	sqlite3_busy_timeout(w->db.at, 5000);
	return db_run(&w->db, "PRAGMA temp_store = MEMORY");
}

/* Some file systems find out only as the index of the log is mapped, and that is an error then. */
static bool set_log(struct writer *w)
{
	sqlite3_stmt *stmt = db_prepare(&w->db, "PRAGMA journal_mode = WAL");
	bool wal = db_step(&w->db, stmt) && !strcmp(db_text(stmt, 0) ?: "", "wal");
	__s64 pages;

	sqlite3_finalize(stmt);
	return wal && db_number(&w->db, "PRAGMA page_count", &pages);
}

/* Begin again with the file as it was: empty. */
static bool open_again(struct writer *w)
{
	char log[PATH_MAX];

	db_close(&w->db);
	w->db = (struct db){ 0 };
	for (size_t i = 0; i < 2; i++) {
		snprintf(log, sizeof(log), "%s%s", w->opts->path, i ? "-shm" : "-wal");
		unlink(log);
	}
	if (truncate(w->opts->path, 0)) {
		db_failed(&w->db, SQLITE_IOERR, strerror(errno));
		return false;
	}
	return open_at(w) && db_run(&w->db, "PRAGMA journal_mode = TRUNCATE");
}

/* A log that is written ahead lets others read meanwhile; not every file system can have one. */
static bool open_file(struct writer *w)
{
	if (!open_at(w))
		return false;
	if (set_log(w))
		return true;
	if (w->db.code && (w->db.code & 0xff) != SQLITE_IOERR && (w->db.code & 0xff) != SQLITE_CANTOPEN)
		return false;
	log_info("%s: the file system cannot have a write-ahead log: readers have to wait for the writer",
		 w->opts->path);
	return open_again(w);
}

static bool set_up(struct writer *w)
{
	char pragmas[256];

	if (!open_file(w))
		return false;
	db_run(&w->db, "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304");
	snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	db_run(&w->db, "BEGIN");
	db_run(&w->db, pragmas);
	db_run(&w->db, schema_sql);
	db_run(&w->db, "COMMIT");
	w->pending = open_memstream(&w->text, &w->len);
	w->chunk = chunk_new(&w->db);
	w->rows = rows_new(&w->db);
	if (!w->pending || !w->chunk || !w->rows)
		db_failed(&w->db, SQLITE_NOMEM, "out of memory");
	return !w->db.code;
}

/* Pages that hold something. */
static __u64 used_bytes(struct writer *w)
{
	__s64 size = 0, all = 0, spare = 0;

	db_number(&w->db, "PRAGMA page_size", &size);
	db_number(&w->db, "PRAGMA page_count", &all);
	db_number(&w->db, "PRAGMA freelist_count", &spare);
	return size * (all - spare);
}

static void note_gone(struct writer *w)
{
	sqlite3_stmt *stmt = db_prepare(&w->db, "INSERT OR REPLACE INTO lost VALUES (?, ?)");

	db_put(&w->db, stmt, "ti", "rotated chunks", w->chunks_gone);
	db_put(&w->db, stmt, "ti", "rotated incidents", w->incidents_gone);
	sqlite3_finalize(stmt);
}

/*
 * Let the oldest tenth of the evidence go, and the incidents that it was for. Its pages are
 * used again. False if there is none but the last.
 */
static bool rotate(struct writer *w)
{
	static const char *const old[] = {
		"DELETE FROM incident WHERE mono < (SELECT mono FROM feed WHERE chunk = (SELECT min(chunk) FROM feed))",
		"DELETE FROM range WHERE n < coalesce((SELECT min(n) FROM incident), 0)",
		"DELETE FROM exposure WHERE at_end = 0 AND after < coalesce((SELECT min(n) FROM incident), 0)",
		"DELETE FROM exposure_writer WHERE n NOT IN (SELECT n FROM exposure)",
		"DELETE FROM suspect WHERE n < coalesce((SELECT min(n) FROM incident), 0)",
		"DELETE FROM who WHERE n < coalesce((SELECT min(n) FROM incident), 0)",
	};
	__u64 gone;

	db_run(&w->db, "DELETE FROM feed WHERE chunk < (SELECT max(min(chunk) + 1 + count(*) / 10, 2) FROM feed)"
		       " AND chunk < (SELECT max(chunk) FROM feed)");
	gone = sqlite3_changes64(w->db.at);
	w->chunks_gone += gone;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		db_run(&w->db, old[i]);
		w->incidents_gone += i ? 0 : sqlite3_changes64(w->db.at);
	}
	note_gone(w);
	return gone > 0;
}

static void commit(struct writer *w)
{
	if (!w->open)
		return;
	chunk_store(w->chunk);
	while (w->opts->max_bytes && !w->db.code && used_bytes(w) > w->opts->max_bytes && rotate(w))
		;
	db_run(&w->db, "COMMIT");
	w->open = false;
}

static void put(struct writer *w, const struct frame *frame)
{
	if (frame->kind == FRAME_FEED)
		chunk_add(w->chunk, frame);
	else
		rows_take(w->rows, frame);
}

/* What came since the last mark belongs together. Without its mark it is as if it had not come. */
static void take_pending(struct writer *w)
{
	struct unpack u;

	if (fflush(w->pending))
		db_failed(&w->db, SQLITE_NOMEM, "out of memory");
	u = (struct unpack){ .at = w->text, .left = w->len };
	if (u.left && !w->open) {
		db_run(&w->db, "BEGIN");
		w->open = true;
		w->began = clock_mono_ns();
		w->bytes = chunk_bytes(w->chunk);
	}
	while (u.left && !u.bad && !w->db.code) {
		struct frame_head head;

		unpack_bytes(&u, &head, sizeof(head));
		put(w, &(struct frame){ head.kind, head.size, u.at });
		u.at += head.size;
		u.left -= head.size;
	}
	rewind(w->pending);
	w->len = 0;
}

/* A commit must not be as large as what the file may be. */
static __u64 commit_bytes(const struct writer *w)
{
	__u64 part = w->opts->max_bytes / 16;

	return part && part < COMMIT_BYTES ? part : COMMIT_BYTES;
}

static void take(struct writer *w, const struct frame *frame)
{
	const struct frame_head head = { .kind = frame->kind, .size = frame->size };

	if (frame->kind != FRAME_MARK) {
		pack_bytes(w->pending, &head, sizeof(head));
		pack_bytes(w->pending, frame->data, frame->size);
		return;
	}
	take_pending(w);
	if (w->open && (chunk_bytes(w->chunk) - w->bytes >= commit_bytes(w) ||
			clock_mono_ns() - w->began >= COMMIT_NS))
		commit(w);
}

/* All frames that are there now; the end as -EPIPE. */
static int take_all(struct writer *w, struct frames *frames)
{
	struct frame frame;
	int there;

	while ((there = frames_next(frames, &frame)) == 1 && !w->db.code)
		take(w, &frame);
	return there;
}

static void take_until_end(struct writer *w, int fd, struct frames *frames)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	while (!w->db.code && take_all(w, frames) >= 0) {
		if (w->open && clock_mono_ns() - w->began >= COMMIT_NS)
			commit(w);
		poll(&poll_fd, 1, w->open ? POLL_MS : -1);
	}
	/* The session has ended or was killed: what it has told is told. */
	commit(w);
	/* One file is easier to take away. Somebody who reads it now keeps it as it is. */
	if (!w->db.code)
		sqlite3_exec(w->db.at, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
}

static int finish(struct writer *w)
{
	int failed = w->db.code;

	if (failed)
		log_error("cannot write to %s: %s", w->opts->path, w->db.why);
	chunk_free(w->chunk);
	rows_free(w->rows);
	if (w->pending)
		fclose(w->pending);
	free(w->text);
	db_close(&w->db);
	return failed != 0;
}

int writer_run(void *ctx, int fd)
{
	struct writer w = { .opts = ctx };
	struct frames *frames;
	struct err text;

	umask(077);
	if (frames_new(&frames, fd))
		return 1;
	if (set_up(&w)) {
		if (w.opts->confine && w.opts->confine(&text))
			log_info("%s: privileges cannot be given up: %s", w.opts->path, text.text);
		take_until_end(&w, fd, frames);
	}
	frames_free(frames);
	return finish(&w);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * replay.c - see replay.h. Where entries are missing, the engine is told of lost records:
 * they may have said that bytes were sent again, and loss only ever weakens a verdict.
 */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "names.h"
#include "pack.h"
#include "schema.h"

#define SETTLE_MAX_NS (3600ull * 1000000000)

struct run {
	struct reader *r;
	const struct replay_calls *calls;
	struct replay_result result;
	struct pf_engine *engine;
	struct names *names;
	int err;			/* of a call */
	__u64 words[TOTALS_WORDS];	/* counters */
	__u64 mono;			/* the last time that was told */
	__u64 chunk;			/* the last one; 0: none yet */
};

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	struct shown shown = { .inc = inc };
	struct run *run = ctx;
	bool same = false;
	__u64 n;

	if (run->err)
		return;
	n = names_of(run->names, &shown, &same);
	if (!n) {
		run->result.unshown++;
		return;
	}
	run->result.shown++;
	run->result.other += !same;
	run->err = run->calls->on_incident(run->calls->ctx, n, &shown);
}

/* The counters as the engine gets them: what is missing here was lost as well. */
static void give_totals(struct run *run)
{
	struct pf_totals totals;

	memcpy(&totals, run->words, sizeof(totals));
	totals.stats.count[PF_C_events_lost] += run->result.lost;
	pf_engine_totals(run->engine, &totals);
	if (run->calls->on_totals)
		run->calls->on_totals(run->calls->ctx, run->mono, &totals);
}

static void take_lost(struct run *run, __u64 n)
{
	run->result.lost += n ? n : 1;
	give_totals(run);
}

static int take_record(struct run *run, const void *data, size_t size)
{
	const struct pf_event *ev = pf_record_check(data, size);
	int err;

	if (ev)
		run->mono = ev->ts;
	if (ev && run->calls->on_record)
		run->calls->on_record(run->calls->ctx, ev);
	err = pf_engine_feed(run->engine, data, size);
	return err == -EBADMSG ? 0 : err;
}

static int take_entry(struct run *run, const struct feed_head *head, const char *data)
{
	struct unpack u = { .at = data, .left = head->size };

	switch (head->kind) {
	case FEED_RECORD:
		return take_record(run, data, head->size);
	case FEED_BASE:
		memset(run->words, 0, sizeof(run->words));
		unpack_words(&u, run->words, TOTALS_WORDS);
		return 0;
	case FEED_TOTALS:
		run->mono = unpack_u64(&u);
		unpack_words(&u, run->words, TOTALS_WORDS);
		give_totals(run);
		return 0;
	case FEED_CAUGHT_UP:
		pf_engine_caught_up(run->engine);
		return 0;
	case FEED_TICK:
		run->mono = unpack_u64(&u);
		return pf_engine_tick(run->engine, run->mono);
	case FEED_END:
		pf_engine_end(run->engine, unpack_u64(&u));
		return 0;
	case FEED_FLUSH:
		run->result.ended = true;
		return pf_engine_flush(run->engine);
	default:
		take_lost(run, unpack_u64(&u));
		return 0;
	}
}

/* False if it does not have the form of a chunk; what comes before is taken. */
static bool take_chunk(struct run *run, const char *data, size_t size, int *ret_err)
{
	struct feed_head head;

	for (size_t at = 0; at < size && !*ret_err && !run->err; at += FEED_PAD(head.size)) {
		if (size - at < sizeof(head))
			return false;
		memcpy(&head, data + at, sizeof(head));
		at += sizeof(head);
		if (head.size > FEED_ENTRY_MAX || FEED_PAD(head.size) > size - at)
			return false;
		*ret_err = take_entry(run, &head, data + at);
	}
	return true;
}

/* Chunks of which some before are missing begin with the counters. */
static void begin_chunk(struct run *run, __u64 number)
{
	if (run->chunk + 1 != number)
		take_lost(run, 1);
	run->chunk = number;
}

static int take_row(struct run *run, sqlite3_stmt *stmt)
{
	size_t size = sqlite3_column_bytes(stmt, 1);
	const void *blob = sqlite3_column_blob(stmt, 1);
	/* Records are aligned to 8 bytes, which memory of the database need not be. */
	char *data = malloc(size + 1);
	int err = 0;

	if (!data)
		return -ENOMEM;
	if (size)
		memcpy(data, blob, size);
	begin_chunk(run, db_u64(stmt, 0));
	if (!take_chunk(run, data, size, &err))
		take_lost(run, 1);
	free(data);
	return err;
}

static int run_all(struct run *run)
{
	sqlite3_stmt *stmt = db_prepare(&run->r->db, "SELECT chunk, data FROM feed ORDER BY chunk");
	int err = 0;

	while (!err && !run->err && db_step(&run->r->db, stmt))
		err = take_row(run, stmt);
	sqlite3_finalize(stmt);
	/* A session that was killed has no end. What waited then is not known. */
	return err;
}

static int set_up(struct run *run)
{
	struct pf_engine_config cfg = {
		.settle_ns = reader_about_number(run->r, "settle", PF_ENGINE_SETTLE_NS),
		.on_incident = on_incident,
		.ctx = run,
	};

	if (cfg.settle_ns > SETTLE_MAX_NS)
		cfg.settle_ns = PF_ENGINE_SETTLE_NS;
	run->names = names_new(run->r);
	return run->names ? pf_engine_new(&run->engine, &cfg) : -ENOMEM;
}

int replay(struct reader *r, const struct replay_calls *calls, struct replay_result *ret_result,
	   struct err *ret_err)
{
	struct run run = { .r = r, .calls = calls };
	int err;

	if (!reader_can_replay(r, ret_err))
		return -EBADMSG;
	err = set_up(&run) ?: run_all(&run);
	pf_engine_free(run.engine);
	names_free(run.names);
	*ret_result = run.result;
	if (err)
		return err_set(ret_err, err, "out of memory");
	if (run.err)
		return run.err;
	return reader_failed(r, ret_err) ? -EIO : 0;
}

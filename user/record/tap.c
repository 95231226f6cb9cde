// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * tap.c - see tap.h. What changes nothing in the engine is left out: counters that do
 * not weaken are told once a second, and ticks while nothing waits are not.
 */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kernel/filter.h"
#include "kernel/hooks.h"
#include "pack.h"
#include "schema.h"

#define TOTALS_NS NSEC_PER_SEC
#define CLOCK_STEP_NS NSEC_PER_MSEC
#define RECORD_MAX 4096u

struct tap {
	tap_put_fn put;
	void *ctx;
	__u64 settle_ns;
	FILE *out;			/* of the frame that is made */
	char *text;
	size_t len;
	struct pf_totals told;		/* counters */
	__u64 told_at;
	__u64 fed_at;			/* when the engine was last given a record; 0: never */
	__u64 clock_offset;
	__u64 missing;			/* entries that were lost and are not told yet */
	__u64 lost;
	bool caught_up;			/* nothing was fed since that was told */
	bool marked;			/* nothing was told since the last mark */
};

int tap_new(struct tap **ret_tap, __u64 settle_ns, tap_put_fn put, void *ctx)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*t = (struct tap){ .put = put, .ctx = ctx, .settle_ns = settle_ns };
	t->out = open_memstream(&t->text, &t->len);
	if (!t->out) {
		free(t);
		return -ENOMEM;
	}
	*ret_tap = t;
	return 0;
}

/* Send what was packed as one frame. */
static bool send(struct tap *t, __u32 kind, bool must)
{
	bool sent = !fflush(t->out) && t->put(t->ctx, kind, t->text, t->len, must);

	rewind(t->out);
	t->len = 0;
	t->marked = false;
	return sent;
}

static void put_head(struct tap *t, enum feed_kind kind, size_t size)
{
	const struct feed_head head = { .kind = kind, .size = size };

	pack_bytes(t->out, &head, sizeof(head));
}

static void put_words(struct tap *t, enum feed_kind kind, const __u64 *words)
{
	long begin = ftell(t->out);

	put_head(t, kind, 0);
	if (kind == FEED_TOTALS)
		pack_u64(t->out, t->told_at);
	pack_words(t->out, words, TOTALS_WORDS);
	/* The size is known only now. */
	fflush(t->out);
	((struct feed_head *)(t->text + begin))->size = t->len - begin - sizeof(struct feed_head);
}

/* Tell where entries are missing. What is told from there on needs the counters again. */
static bool tell_missing(struct tap *t)
{
	__u64 words[TOTALS_WORDS];

	if (!t->missing)
		return true;
	put_head(t, FEED_LOST, sizeof(t->missing));
	pack_u64(t->out, t->missing);
	if (!send(t, FRAME_FEED, false))
		return false;
	memcpy(words, &t->told, sizeof(words));
	put_words(t, FEED_BASE, words);
	if (!send(t, FRAME_FEED, false))
		return false;
	t->missing = 0;
	return true;
}

/* Records are many, so they take no way round. */
static bool send_entry(struct tap *t, enum feed_kind kind, const void *data, size_t size)
{
	struct {
		struct feed_head head;
		char data[RECORD_MAX];
	} entry;

	entry.head = (struct feed_head){ kind, size };
	if (size)
		memcpy(entry.data, data, size);
	t->marked = false;
	return t->put(t->ctx, FRAME_FEED, &entry, sizeof(entry.head) + size, false);
}

static void feed(struct tap *t, enum feed_kind kind, const void *data, size_t size)
{
	bool kept = tell_missing(t) && send_entry(t, kind, data, size);

	t->missing += !kept;
	t->lost += !kept;
}

void tap_about(struct tap *t, const char *key, const char *text)
{
	pack_text(t->out, key);
	pack_text(t->out, text);
	send(t, FRAME_ABOUT, true);
}

void tap_about_number(struct tap *t, const char *key, __u64 number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", number);
	tap_about(t, key, text);
}

void tap_filter(struct tap *t, const struct filter *filter)
{
	for (int kind = 0; filter && kind < FILTER_MIN_BYTES; kind++) {
		for (unsigned int i = 0; i < filter->n_given[kind]; i++) {
			pack_text(t->out, filter_kind_name(kind));
			pack_text(t->out, filter->given[kind][i]);
			send(t, FRAME_FILTER, true);
		}
	}
	if (filter && filter->min_bytes)
		tap_about_number(t, "min_bytes", filter->min_bytes);
}

void tap_hooks(struct tap *t, const struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct hook *blind = hooks_blind(hooks, n, i);

		pack_text(t->out, hooks[i].program);
		pack_text(t->out, hooks[i].role);
		pack_text(t->out, hooks[i].symbol);
		pack_text(t->out, hook_state_name(hooks[i].state));
		pack_text(t->out, hook_why_not(&hooks[i]));
		send(t, FRAME_HOOK, true);
		if (!blind)
			continue;
		pack_text(t->out, blind->blind_without);
		pack_text(t->out, blind->role);
		pack_text(t->out, blind->symbol);
		pack_text(t->out, hook_why_not(blind));
		send(t, FRAME_BLIND, true);
	}
}

void tap_clock(struct tap *t, __u64 now)
{
	__u64 wall = clock_wall_ns(now), offset = wall - now;
	__s64 step = offset - t->clock_offset;

	if (step < (__s64)CLOCK_STEP_NS && step > -(__s64)CLOCK_STEP_NS)
		return;
	t->clock_offset = offset;
	pack_u64(t->out, now);
	pack_u64(t->out, wall);
	send(t, FRAME_CLOCK, true);
}

void tap_record(struct tap *t, const void *data, size_t size, __u64 now)
{
	if (!t)
		return;
	/* One that is longer than any is refused however much of it is there. */
	feed(t, FEED_RECORD, data, size < RECORD_MAX ? size : RECORD_MAX);
	t->fed_at = now;
	t->caught_up = false;
}

void tap_totals(struct tap *t, const struct pf_totals *totals, bool weakens, __u64 now)
{
	__u64 before[TOTALS_WORDS], words[TOTALS_WORDS];

	if (!t || (!weakens && now - t->told_at < TOTALS_NS))
		return;
	t->caught_up &= !weakens;
	memcpy(before, &t->told, sizeof(before));
	memcpy(words, totals, sizeof(words));
	t->told = *totals;
	t->told_at = now;
	if (!memcmp(before, words, sizeof(words)))
		return;
	if (t->missing) {
		/* They come with what tells of that. */
		t->missing++;
		t->lost++;
		return;
	}
	for (size_t i = 0; i < TOTALS_WORDS; i++)
		words[i] -= before[i];
	put_words(t, FEED_TOTALS, words);
	if (!send(t, FRAME_FEED, false)) {
		t->missing++;
		t->lost++;
	}
}

void tap_caught_up(struct tap *t)
{
	if (!t || t->caught_up)
		return;
	feed(t, FEED_CAUGHT_UP, NULL, 0);
	t->caught_up = true;
}

void tap_tick(struct tap *t, __u64 engine_now, bool waiting, __u64 now)
{
	if (!t)
		return;
	tap_clock(t, now);
	/* Writes whose incidents are all reported are forgotten by a tick, too. */
	if (waiting || (t->fed_at && now - t->fed_at <= t->settle_ns + NSEC_PER_SEC))
		feed(t, FEED_TICK, &engine_now, sizeof(engine_now));
}

void tap_end(struct tap *t, __u64 ended)
{
	if (!t)
		return;
	tap_clock(t, ended);
	feed(t, FEED_END, &ended, sizeof(ended));
}

void tap_flush(struct tap *t)
{
	if (t)
		feed(t, FEED_FLUSH, NULL, 0);
}

void tap_mark(struct tap *t)
{
	if (!t || t->marked)
		return;
	/* A mark that is lost is made up for by the next one. */
	t->marked = send(t, FRAME_MARK, false);
}

__u64 tap_lost(const struct tap *t)
{
	return t->lost;
}

void tap_free(struct tap *t)
{
	if (!t)
		return;
	fclose(t->out);
	free(t->text);
	free(t);
}

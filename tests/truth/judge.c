// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * judge - the stream is cut wherever the truth or the report changes. All bytes of
 * a piece between two cuts are alike.
 *
 * An incident is about one write. A byte that arrived wrong proves a near-miss
 * wrong only if it is that write's byte: another write may have come in time.
 */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"
#include "lib/say.h"

struct piece {
	uint32_t off, len;
	const struct run *run;
};

struct find {
	struct truth_judge *j;
	const struct plan *p;
	const struct truth *t;
	const struct said_incident *inc;
	unsigned int n_inc;
	uint64_t bad;
	char *text;
	unsigned int size;
};

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static enum writer writer_of(const struct find *f, const struct said_incident *inc)
{
	return inc->write < 0 || (unsigned int)inc->write >= f->p->n_writes ?
	       TRUTH_UNKNOWN : f->p->write[inc->write].how;
}

static bool is_about(const struct said_incident *inc, const struct plan_range *r)
{
	for (unsigned int i = 0; i < inc->n_ranges; i++) {
		const struct said_range *said = &inc->ranges[i];

		if (said->file_off < r->off + r->len && r->off < said->file_off + said->len)
			return true;
	}
	return false;
}

/* The only kind among the plan's writes, or its stores alone, that the ranges meet. */
static enum writer only_kind(const struct find *f, const struct said_incident *inc, bool stores)
{
	enum writer kind = WRITER_MAX;

	for (unsigned int i = 0; i < f->p->n_writes; i++) {
		const struct plan_write *w = &f->p->write[i];

		/* Private memory has no file offsets, and nothing else writes to it. */
		if (w->how == WRITER_NONE || (stores && !writer_stores(w->how)) ||
		    (w->how != WRITER_BUFFER && !is_about(inc, &w->range)))
			continue;
		if (kind != WRITER_MAX && kind != w->how)
			return TRUTH_UNKNOWN;
		kind = w->how;
	}
	return kind;
}

static struct truth_share *share_of(struct find *f, const struct said_incident *inc)
{
	enum writer how = writer_of(f, inc);

	if (how != TRUTH_UNKNOWN)
		return &f->j->share[how][TRUTH_NAMED];
	how = only_kind(f, inc, true);
	if (how == TRUTH_UNKNOWN)
		how = only_kind(f, inc, false);
	return &f->j->share[how][TRUTH_UNNAMED];
}

/* Are the bytes that arrived those of this write? */
static bool is_of(const struct find *f, const struct run *run, const struct said_incident *inc)
{
	enum writer how = writer_of(f, inc);

	if (how == TRUTH_UNKNOWN)
		return false;
	if (how == WRITER_TRUNCATE || how == WRITER_PUNCH)
		return run->version == VERSION_HOLE;
	if (how == WRITER_RESTORE)
		return run->version == VERSION_FIRST;
	return run->version == VERSION_FIRST + 1 + inc->write;
}

/* Can a store through a mapping have made the bytes that arrived? */
static bool is_store(const struct find *f, const struct run *run)
{
	unsigned int k = run->version - (VERSION_FIRST + 1);

	if (run->version == VERSION_FIRST || k >= f->p->n_writes)
		return false;
	return writer_stores(f->p->write[k].how);
}

static const char *version_words(unsigned int version, char *text, unsigned int size)
{
	if (version == VERSION_HOLE)
		return "zero";
	if (version == VERSION_BAD)
		return "of no version";
	if (version == VERSION_FIRST)
		return "as at first";
	snprintf(text, size, "of write %u", version - (VERSION_FIRST + 1));
	return text;
}

/* The first error of a flow is described; the others are counted. */
static void found(struct find *f, const struct piece *p, const char *what,
		  const struct said_incident *inc, const struct said_range *said)
{
	char version[32], by[32] = "";
	unsigned int n;

	f->bad += p->len;
	if (f->bad > p->len)
		return;
	if (inc && inc->write >= 0)
		snprintf(by, sizeof(by), " (write %d)", inc->write);
	n = snprintf(f->text, f->size, "%s: stream %u+%u arrived %s, %s%s; said: ", what, p->off,
		     p->len, p->run->right ? "right" : "wrong",
		     version_words(p->run->version, version, sizeof(version)),
		     p->run->both ? ", two versions went by" : "");
	if (n < f->size)
		snprintf(f->text + n, f->size - n, "%s %s%s",
			 said ? said_verdict_names[said->verdict] : "nothing",
			 said ? said->reason : "", by);
}

static bool is_wrong(const struct find *f, const struct run *run,
		     const struct said_incident *inc, const struct said_range *said)
{
	switch (said->verdict) {
	case SAID_CORRUPT:
		return run->right;
	case SAID_MIXED:
		return !run->both;
	case SAID_NEAR_MISS:
	case SAID_IDENTICAL:
		return !run->right && is_of(f, run, inc);
	default:
		return false;
	}
}

static struct truth_reason *reason_of(struct truth_judge *j, const char *name)
{
	unsigned int i = 0;

	while (i < TRUTH_REASONS - 1 && *j->possible[i].name && strcmp(j->possible[i].name, name))
		i++;
	snprintf(j->possible[i].name, sizeof(j->possible[i].name), "%s", name);
	return &j->possible[i];
}

/* Only a comparison of the bytes can tell that they were unchanged, or became right again. */
static bool is_comparison(const struct find *f, const struct said_incident *inc)
{
	for (unsigned int i = 0; i < f->p->n_writes; i++) {
		if (f->p->write[i].how == WRITER_RESTORE)
			return true;
	}
	return writer_of(f, inc) == WRITER_IDENTICAL;
}

/*
 * A change that no hook saw is found by the fingerprint of a page piece. If a store
 * runs while a device copies the piece, only a part of the copy is new. The report
 * can name the piece, but not which of its bytes are wrong.
 */
static bool is_wrong_in_part(const struct find *f, const struct piece *p,
			     const struct said_incident *inc, const struct said_range *said)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t in_page = (said->file_off + p->off - said->off) % page;
	uint64_t lo = p->off > in_page ? p->off - in_page : 0, hi = p->off - in_page + page;

	if (!inc->by_page || said->verdict < SAID_MIXED)
		return false;
	if (lo < said->off)
		lo = said->off;
	if (hi > said->off + said->len)
		hi = said->off + said->len;
	for (unsigned int i = 0; i < f->t->n_runs; i++) {
		const struct run *run = &f->t->runs[i];

		if (run->off < hi && run->off + run->len > lo &&
		    (said->verdict == SAID_MIXED ? run->both : !run->right))
			return true;
	}
	return false;
}

static void judge_said(struct find *f, const struct piece *p, const struct said_incident *inc,
		       const struct said_range *said)
{
	struct truth_row *row = &f->j->row[said->verdict];
	struct truth_share *share = share_of(f, inc);

	*(p->run->right ? &row->right : &row->wrong) += p->len;
	row->both += p->run->both ? p->len : 0;
	share->bytes += p->len;
	if (said->verdict == SAID_POSSIBLE) {
		share->possible_bytes += p->len;
		share->wrong += p->run->right ? 0 : p->len;
		reason_of(f->j, said->reason)->bytes += p->len;
	}
	if (!is_wrong(f, p->run, inc, said))
		return;
	if (is_wrong_in_part(f, p, inc, said)) {
		f->j->coarse += p->len;
		return;
	}
	if (f->j->hooks_only && is_comparison(f, inc)) {
		f->j->blind += p->len;
		return;
	}
	f->j->wrong += p->len;
	found(f, p, "false", inc, said);
}

static void judge_piece(struct find *f, const struct piece *p)
{
	struct truth_row *none = &f->j->row[SAID_MAX];
	bool covered = false, any = false;

	for (unsigned int i = 0; i < f->n_inc; i++) {
		for (unsigned int k = 0; k < f->inc[i].n_ranges; k++) {
			const struct said_range *said = &f->inc[i].ranges[k];

			if (said->off > p->off || said->off + said->len <= p->off)
				continue;
			any = true;
			covered |= said->verdict >= SAID_POSSIBLE;
			judge_said(f, p, &f->inc[i], said);
		}
	}
	if (!any) {
		*(p->run->right ? &none->right : &none->wrong) += p->len;
		none->both += p->run->both ? p->len : 0;
	}
	if (p->run->right || covered)
		return;
	if (f->j->hooks_only && is_store(f, p->run)) {
		f->j->blind += p->len;
		return;
	}
	f->j->missed += p->len;
	found(f, p, "missed", NULL, NULL);
}

static unsigned int cut(const struct find *f, const struct truth *t, uint32_t *cuts)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->n_runs; i++)
		cuts[n++] = t->runs[i].off;
	for (unsigned int i = 0; i < f->n_inc; i++) {
		for (unsigned int k = 0; k < f->inc[i].n_ranges; k++) {
			cuts[n++] = f->inc[i].ranges[k].off;
			cuts[n++] = f->inc[i].ranges[k].off + f->inc[i].ranges[k].len;
		}
	}
	qsort(cuts, n, sizeof(*cuts), by_value);
	return n;
}

uint64_t truth_judge_flow(struct truth_judge *j, const struct plan *p, const struct truth *t,
			  const struct said_incident *inc, unsigned int n_inc, char *text,
			  unsigned int size)
{
	struct find f = { j, p, t, inc, n_inc, 0, text, size };
	unsigned int room = t->n_runs, n, run = 0;
	uint32_t *cuts, end;

	for (unsigned int i = 0; i < n_inc; i++) {
		struct truth_share *share = share_of(&f, &inc[i]);

		room += 2 * inc[i].n_ranges;
		j->row[inc[i].verdict].incidents++;
		share->incidents++;
		if (inc[i].verdict != SAID_POSSIBLE)
			continue;
		share->possible++;
		reason_of(j, inc[i].reason)->incidents++;
	}
	j->flows++;
	for (enum state i = 0; i < STATE_MAX; i++)
		j->reached[i] += t->reached[i];
	if (!t->n_runs)
		return 0;
	end = t->runs[t->n_runs - 1].off + t->runs[t->n_runs - 1].len;
	j->bytes += end;
	cuts = calloc(room + 1, sizeof(*cuts));
	must(cuts, "memory");
	n = cut(&f, t, cuts);
	cuts[n] = end;
	for (unsigned int i = 0; i < n && cuts[i] < end; i++) {
		struct piece piece = { .off = cuts[i], .len = cuts[i + 1] - cuts[i] };

		if (piece.off + piece.len > end)
			piece.len = end - piece.off;
		if (!piece.len)
			continue;
		while (t->runs[run].off + t->runs[run].len <= piece.off)
			run++;
		piece.run = &t->runs[run];
		judge_piece(&f, &piece);
	}
	free(cuts);
	return f.bad;
}

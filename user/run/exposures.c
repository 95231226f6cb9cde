// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * exposures.c - see exposures.h. Of files beyond those that are kept the one with the fewest
 * pages goes. What it had is in the counter of the kernel side still.
 */
#include "exposures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "names/paths.h"

#define QUIET_NS (10 * NSEC_PER_SEC)	/* so long after an incident nothing is told */
#define NAME_NS (5 * NSEC_PER_SEC)	/* so long a name is waited for */
#define ANSWER_NS (50 * NSEC_PER_SEC)	/* by then something is said in any case */
#define AGAIN_NS (60 * NSEC_PER_SEC)	/* names are looked for again */
#define WINDOW_NS (600 * NSEC_PER_SEC)	/* in this time EXPOSURES_TOLD are told */
#define WAIT_NS (300 * NSEC_PER_MSEC)	/* for names, at the end */

struct kept {
	struct exposure e;
	char *path;
	__u32 generation;
	struct opener who[OPENERS_MAX];
	__u64 first, last;		/* when pages were taken */
	__u64 asked;			/* when names were looked for last; 0: never */
	bool told;
};

struct exposures {
	struct paths *paths;
	struct openers *openers;
	struct kept kept[EXPOSURES_KEPT];
	size_t n;
	struct exposure worst[EXPOSURES_KEPT];
	struct exposures_sum sum;
	__u64 began;			/* of the first tick; 0: there was none */
	__u64 disturbed;		/* when the last incident was */
	__u64 window;			/* when it began, */
	unsigned int told, untold;	/* and what was told since, or only counted */
	bool answered;			/* what is to be said within a minute was said */
};

int exposures_new(struct exposures **ret_exposures, struct paths *paths, struct openers *openers)
{
	struct exposures *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->paths = paths;
	x->openers = openers;
	*ret_exposures = x;
	return 0;
}

/* Workers of the kernel have names of their own, and do what comes. */
static void copy_comm(char to[PF_COMM_LEN], const char *from)
{
	memcpy(to, from, PF_COMM_LEN);
	to[PF_COMM_LEN - 1] = '\0';
	if (!strncmp(to, "kworker/", 8))
		strcpy(to, "kworker");
}

static bool is_same(const struct kept *k, const struct pf_exposed *e, const char *comm)
{
	return k->e.ino == e->file.ino && k->e.dev == e->file.dev && k->generation == e->generation &&
	       !strcmp(k->e.comm, comm);
}

static void forget(struct kept *k)
{
	free(k->path);
	memset(k, 0, sizeof(*k));
}

/* A place for one more; NULL: all others have more pages than this. */
static struct kept *place_for(struct exposures *x, __u64 pages)
{
	struct kept *least = &x->kept[0];

	x->sum.files++;
	if (x->n < EXPOSURES_KEPT)
		return &x->kept[x->n++];
	for (size_t i = 1; i < x->n; i++)
		if (x->kept[i].e.pages < least->e.pages)
			least = &x->kept[i];
	if (least->e.pages >= pages)
		return NULL;
	forget(least);
	return least;
}

/* It may have been renamed or deleted since it was noted last. */
static void find_path(struct exposures *x, struct kept *k, const struct pf_exposed *e)
{
	const struct path_asked asked = { e->pid, PATH_SENDER };
	enum path_view view;
	const char *path = x->paths ? paths_file(x->paths, e->file.dev, &e->file, &asked, 1, &view) :
				      NULL;
	char *copy;

	k->e.deleted = e->file.flags & PF_OP_DELETED;
	if (!path || (k->path && !strcmp(path, k->path)))
		return;
	copy = strdup(path);
	if (!copy)
		return;
	free(k->path);
	k->path = copy;
	k->e.path = copy;
	k->e.view = view;
}

void exposures_add(struct exposures *x, const struct pf_exposed *e)
{
	char comm[PF_COMM_LEN];
	struct kept *k = NULL;

	x->sum.pages += e->pages;
	copy_comm(comm, e->comm);
	for (size_t i = 0; i < x->n && !k; i++)
		if (is_same(&x->kept[i], e, comm))
			k = &x->kept[i];
	if (!k) {
		k = place_for(x, e->pages);
		if (!k)
			return;
		k->e.dev = e->file.dev;
		k->e.ino = e->file.ino;
		k->generation = e->generation;
		k->first = e->last;
		memcpy(k->e.comm, comm, sizeof(comm));
	}
	k->e.pid = e->pid;
	k->e.pages += e->pages;
	k->e.how |= e->how;
	k->last = e->last;
	find_path(x, k, e);
}

void exposures_incident(struct exposures *x, const struct pf_incident *inc)
{
	x->disturbed = inc->ts;
	for (size_t i = 0; i < x->n && !pf_incident_no_file(inc); i++)
		if (x->kept[i].e.ino == inc->ino && x->kept[i].e.dev == inc->dev)
			x->kept[i].e.incidents++;
}

static bool wants_names(const struct kept *k, __u64 now)
{
	return !k->asked || (k->last > k->asked && now - k->asked >= AGAIN_NS);
}

static void ask(struct exposures *x, __u64 now)
{
	struct openers_file files[EXPOSURES_KEPT];
	bool any = false;

	for (size_t i = 0; i < x->n; i++) {
		files[i] = (struct openers_file){ .dev = x->kept[i].e.dev, .ino = x->kept[i].e.ino };
		any |= wants_names(&x->kept[i], now);
	}
	if (!any || !x->openers || !openers_ask(x->openers, files, x->n))
		return;
	for (size_t i = 0; i < x->n; i++)
		x->kept[i].asked = now;
}

/* Names that were found once stay if nobody is found later: whoever it was may have ended. */
static void take_names(struct kept *k, const struct openers_file *file)
{
	k->e.sought = true;
	k->e.openers_cut = file->cut;
	if (!file->n)
		return;
	memcpy(k->who, file->at, sizeof(k->who));
	k->e.openers = k->who;
	k->e.n_openers = file->n;
}

static void take_answer(struct exposures *x)
{
	size_t n = 0;
	const struct openers_file *files = x->openers ? openers_answer(x->openers, &n) : NULL;

	for (size_t f = 0; files && f < n; f++)
		for (size_t i = 0; i < x->n; i++)
			if (x->kept[i].e.ino == files[f].ino && x->kept[i].e.dev == files[f].dev)
				take_names(&x->kept[i], &files[f]);
}

static int by_pages(const void *a, const void *b)
{
	const struct exposure *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* What is to be told: all of those that are kept, or those that were not told. The worst first. */
static size_t sort(struct exposures *x, __u64 now, bool all)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct kept *k = &x->kept[i];

		if (!all && (k->told || (!k->e.sought && x->openers && now < k->first + NAME_NS)))
			continue;
		x->worst[n] = k->e;
		x->worst[n].wall_ns = clock_wall_ns(k->last);
		n++;
	}
	qsort(x->worst, n, sizeof(x->worst[0]), by_pages);
	return n;
}

static void mark_told(struct exposures *x, const struct exposure *e)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->kept[i].e.ino == e->ino && x->kept[i].e.dev == e->dev &&
		    !strcmp(x->kept[i].e.comm, e->comm))
			x->kept[i].told = true;
}

/* May one more be told? Else it is counted. */
static bool may_tell(struct exposures *x, __u64 now)
{
	if (!x->window || now - x->window >= WINDOW_NS) {
		x->window = now;
		x->told = x->untold = 0;
	}
	if (x->told < EXPOSURES_TOLD) {
		x->told++;
		return true;
	}
	if (!x->untold++)
		log_info("more files are sent while somebody could change them: the summary has the worst");
	return false;
}

/* That there is nothing is an answer, too. */
static void answer(struct exposures *x, __u64 now, const struct pf_totals *totals)
{
	__u64 pages = totals->stats.count[PF_C_attached];

	if (x->answered || now - x->began < ANSWER_NS)
		return;
	x->answered = true;
	if (!pages && totals->stats.count[PF_C_filtered])
		log_info("nothing is sent by reference so far but what filters leave out");
	else if (!pages)
		log_info("nothing on this host is sent by reference so far");
	else if (!totals->stats.count[PF_C_exposed])
		log_info("pages %llu were sent by reference so far, none of a file that somebody could change",
			 pages);
}

int exposures_tick(struct exposures *x, __u64 now, const struct pf_totals *totals, exposures_fn fn, void *ctx)
{
	size_t n;
	int err = 0;

	x->began = x->began ?: now;
	take_answer(x);
	ask(x, now);
	answer(x, now, totals);
	if (now - x->began < QUIET_NS || (x->disturbed && now < x->disturbed + QUIET_NS))
		return 0;
	n = sort(x, now, false);
	for (size_t i = 0; i < n && !err; i++) {
		if (may_tell(x, now))
			err = fn(ctx, &x->worst[i]);
		mark_told(x, &x->worst[i]);
	}
	return err;
}

void exposures_end(struct exposures *x)
{
	take_answer(x);
	ask(x, clock_mono_ns());
	if (x->openers)
		openers_wait(x->openers, WAIT_NS);
	take_answer(x);
}

const struct exposures_sum *exposures_sum(struct exposures *x)
{
	x->sum.n = sort(x, 0, true);
	if (x->sum.n > EXPOSURES_TOLD)
		x->sum.n = EXPOSURES_TOLD;
	x->sum.at = x->worst;
	return &x->sum;
}

void exposures_free(struct exposures *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		free(x->kept[i].path);
	openers_free(x->openers);
	free(x);
}

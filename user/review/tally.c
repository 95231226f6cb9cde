// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* tally.c - see tally.h. Names are sorted, and equal ones that are neighbours then are one. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "bytemap.h"

#define NAME_LEN 8192

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

static int by_weight(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (x->wrong != y->wrong)
		return x->wrong < y->wrong ? 1 : -1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->all != y->all)
		return x->all < y->all ? 1 : -1;
	return by_name(a, b);
}

static void add(struct tally *to, const struct tally *from)
{
	for (int i = 0; i < PF_VERDICT_MAX; i++)
		to->incidents[i] += from->incidents[i];
	to->bytes += from->bytes;
	to->wrong += from->wrong;
	to->all += from->all;
}

static bool take(struct tally *t, const struct kase *c, tally_name_fn name)
{
	bool wrong = bytemap_wrong(c->inc.answer.verdict);
	char buf[NAME_LEN];

	*t = (struct tally){
		.name = strdup(name(c, buf, sizeof(buf))), .all = 1, .wrong = wrong,
		.bytes = wrong ? c->inc.bytes : 0,
	};
	t->incidents[c->inc.answer.verdict] = 1;
	return t->name;
}

ssize_t tally_of(const struct review *v, tally_name_fn name, struct tally **ret_tally)
{
	struct tally *all = calloc(v->n_cases + 1, sizeof(*all));
	size_t n = 0;

	if (!all)
		return -1;
	for (size_t i = 0; i < v->n_cases; i++) {
		if (!take(&all[i], &v->cases[i], name)) {
			tally_free(all, i);
			return -1;
		}
	}
	qsort(all, v->n_cases, sizeof(*all), by_name);
	for (size_t i = 0; i < v->n_cases; i++) {
		if (n && !strcmp(all[n - 1].name, all[i].name)) {
			add(&all[n - 1], &all[i]);
			free(all[i].name);
		} else {
			all[n++] = all[i];
		}
	}
	qsort(all, n, sizeof(*all), by_weight);
	*ret_tally = all;
	return n;
}

void tally_free(struct tally *tally, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(tally[i].name);
	free(tally);
}

const char *tally_file(const struct kase *c, char *buf, size_t size)
{
	return kase_file(c, buf, size);
}

const char *tally_writer(const struct kase *c, char *buf, size_t size)
{
	return kase_task(&c->inc.writer, NULL, buf, size);
}

const char *tally_sender(const struct kase *c, char *buf, size_t size)
{
	return kase_task(&c->inc.sender, c->module, buf, size);
}

const char *tally_connection(const struct kase *c, char *buf, size_t size)
{
	char src[FMT_ADDR_LEN], dst[FMT_ADDR_LEN];

	snprintf(buf, size, "%s > %s", fmt_addr(src, c->inc.tuple.laddr, c->inc.tuple.lport),
		 fmt_addr(dst, c->inc.tuple.raddr, c->inc.tuple.rport));
	return buf;
}

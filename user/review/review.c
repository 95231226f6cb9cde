// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* review.c - see review.h. */
#include "review.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fmt.h"

/* Make room for one more element of an array of n. */
static void *one_more(void *array, size_t n, size_t size)
{
	/* The room is a power of two, and there is more when n is one. */
	return n & (n - 1) ? array : reallocarray(array, n ? 2 * n : 1, size);
}

#define PUSH(review, array, count, ...)							\
	({										\
		void *more_ = one_more((review)->array, (review)->count,		\
				       sizeof(*(review)->array));			\
											\
		if (more_) {								\
			(review)->array = more_;					\
			(review)->array[(review)->count++] = __VA_ARGS__;		\
		}									\
		more_ != NULL;								\
	})

static void saw(struct review *v, __u64 mono)
{
	if (mono && (!v->first_mono || mono < v->first_mono))
		v->first_mono = mono;
	if (mono > v->last_mono)
		v->last_mono = mono;
}

static int on_incident(void *ctx, __u64 n, const struct shown *shown)
{
	struct review *v = ctx;
	struct kase c;
	int err = kase_new(&c, n, shown);

	return err ?: PUSH(v, cases, n_cases, c) ? 0 : -ENOMEM;
}

static void on_record(void *ctx, const struct pf_event *ev)
{
	const struct pf_ev_range *range = (const struct pf_ev_range *)ev;
	const struct pf_ev_hit *hit = (const struct pf_ev_hit *)ev;
	struct review *v = ctx;
	bool kept = true;

	saw(v, ev->ts);
	switch (ev->type) {
	case PF_EV_HIT:
		saw(v, hit->attached);
		kept = PUSH(v, flights, n_flights, (struct flight){
			.op = hit->op, .conn = hit->conn, .attached = hit->attached,
			.stream_off = hit->stream_off, .file_off = hit->file_off, .seq = hit->seq,
			.len = hit->len });
		break;
	case PF_EV_END:
	case PF_EV_SENT:
	case PF_EV_RESEND:
		kept = PUSH(v, events, n_events, (struct event){
			.conn = range->conn, .ts = ev->ts, .seq = range->seq, .len = range->len,
			.type = ev->type, .why = range->why });
		break;
	}
	/* A picture lacks a line then; the cases themselves are checked. */
	(void)kept;
}

static void on_totals(void *ctx, __u64 mono, const struct pf_totals *totals)
{
	struct review *v = ctx;
	struct moment moment = { .mono = mono };

	if (!mono)
		return;
	memcpy(moment.to_release, totals->stats.to_release, sizeof(moment.to_release));
	saw(v, mono);
	PUSH(v, moments, n_moments, moment);
}

static int compare(__u64 a, __u64 b)
{
	return a < b ? -1 : a > b;
}

static int by_conn(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return compare(x->conn, y->conn) ?: compare(x->ts, y->ts);
}

static int by_write(const void *a, const void *b)
{
	const struct flight *x = a, *y = b;

	return compare(x->op, y->op) ?: compare(x->conn, y->conn) ?: compare(x->stream_off, y->stream_off);
}

static void sort(struct review *v)
{
	if (v->n_events)
		qsort(v->events, v->n_events, sizeof(*v->events), by_conn);
	if (v->n_flights)
		qsort(v->flights, v->n_flights, sizeof(*v->flights), by_write);
}

int review_new(struct review **ret_review, struct reader *r, struct err *ret_err)
{
	struct review *v = calloc(1, sizeof(*v));
	const struct replay_calls calls = {
		.on_incident = on_incident, .on_record = on_record, .on_totals = on_totals, .ctx = v,
	};
	int err;

	*ret_review = v;
	if (!v)
		return err_set(ret_err, -ENOMEM, "out of memory");
	v->r = r;
	v->first_mono = reader_about_number(r, "began", 0);
	err = replay(r, &calls, &v->result, ret_err);
	if (err == -ENOMEM)
		err_set(ret_err, err, "out of memory");
	sort(v);
	v->has_summary = reader_summary(r, &v->sum);
	if (!err && reader_failed(r, ret_err))
		err = -EIO;
	return err;
}

const struct flight *review_flights(const struct review *v, const struct kase *c, size_t *ret_n)
{
	const struct flight first = { .op = c->inc.op, .conn = c->inc.conn };
	size_t low = 0, high = v->n_flights, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_write(&v->flights[middle], &first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < v->n_flights && v->flights[low + n].op == c->inc.op &&
	       v->flights[low + n].conn == c->inc.conn)
		n++;
	*ret_n = n;
	return n ? v->flights + low : NULL;
}

const struct event *review_events(const struct review *v, __u64 conn, size_t *ret_n)
{
	size_t low = 0, high = v->n_events, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->events[middle].conn < conn)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < v->n_events && v->events[low + n].conn == conn)
		n++;
	*ret_n = n;
	return n ? v->events + low : NULL;
}

const struct kase *review_case(const struct review *v, __u64 n)
{
	for (size_t i = 0; i < v->n_cases; i++)
		if (v->cases[i].n == n)
			return &v->cases[i];
	return NULL;
}

static int by_weight(const void *a, const void *b)
{
	const struct kase *x = *(const struct kase *const *)a, *y = *(const struct kase *const *)b;

	if (x->inc.answer.verdict != y->inc.answer.verdict)
		return x->inc.answer.verdict < y->inc.answer.verdict ? 1 : -1;
	if (x->inc.bytes != y->inc.bytes)
		return x->inc.bytes < y->inc.bytes ? 1 : -1;
	return x->n > y->n ? 1 : -1;
}

const struct kase **review_worst(const struct review *v)
{
	const struct kase **list = calloc(v->n_cases + 1, sizeof(*list));

	for (size_t i = 0; list && i < v->n_cases; i++)
		list[i] = &v->cases[i];
	if (list)
		qsort(list, v->n_cases, sizeof(*list), by_weight);
	return list;
}

void review_free(struct review *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n_cases; i++)
		kase_free(&v->cases[i]);
	free(v->cases);
	free(v->flights);
	free(v->events);
	free(v->moments);
	free(v);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* report.c - see report.h. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "kernel/filter.h"
#include "names/kallsyms_cache.h"
#include "names/paths.h"
#include "names/senders.h"
#include "names/suspects.h"
#include "output/queue.h"

#define QUEUE_BYTES (1024 * 1024)

struct report {
	const struct report_opts *opts;
	const struct filter *filter;
	struct paths *paths;
	struct suspects *suspects;
	struct senders *senders;
	struct kallsyms_cache *functions;
	struct sink sink;
	struct queue *queue;
	char *text;			/* what the sink has printed last */
	size_t text_len;
	bool hushed;
	__u64 unprinted;
	unsigned int printed;
	bool found;
	__u64 incidents[PF_VERDICT_MAX];
	__u64 bytes[PF_VERDICT_MAX];
	__u64 small;
	__u64 unseen;
};

int report_new(struct report **ret_report, const struct report_opts *opts,
	       const struct filter *filter)
{
	struct report *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->opts = opts;
	r->filter = filter;
	sink_init(&r->sink, opts->json ? &sink_json : &sink_table);
	r->sink.out = open_memstream(&r->text, &r->text_len);
	err = r->sink.out ? 0 : -ENOMEM;
	err = err ?: queue_new(&r->queue, STDOUT_FILENO, QUEUE_BYTES);
	err = err ?: paths_new(&r->paths);
	err = err ?: suspects_new(&r->suspects);
	err = err ?: senders_new(&r->senders);
	err = err ?: kallsyms_cache_new(&r->functions, "/proc");
	if (err) {
		report_free(r);
		return err;
	}
	*ret_report = r;
	return 0;
}

static int log_output(int err)
{
	if (err)
		log_error("cannot write to standard output: %s", strerror(-err));
	return err;
}

int report_write(struct report *r)
{
	return log_output(queue_write(r->queue));
}

/* Queue what the sink has printed, if anything. A text that is not last may be lost. */
static int put(struct report *r, bool last, bool *ret_kept)
{
	size_t len = r->text_len;
	bool kept = true;

	if (len)
		kept = last ? queue_put_anyway(r->queue, r->text, len) :
			      queue_put(r->queue, r->text, len);
	rewind(r->sink.out);
	r->text_len = 0;
	if (last && !kept)
		return log_output(-ENOMEM);
	if (ret_kept)
		*ret_kept = kept;
	return report_write(r);
}

int report_open(struct report *r)
{
	return log_output(r->sink.ops->open(&r->sink)) ?: put(r, true, NULL);
}

void report_sender(struct report *r, const struct pf_ev_sender *ev)
{
	senders_add(r->senders, ev);
}

static size_t stack_entries(__s32 bytes)
{
	return bytes > 0 ? bytes / sizeof(__u64) : 0;
}

/* The kernel's table of functions is long. It is read only if a name of it will be printed. */
static void name_functions(struct report *r, struct shown *shown)
{
	const struct pf_ev_sender *by = shown->inc->sender.how == PF_SEND_KERNEL ?
					senders_find(r->senders, shown->inc->conn) : NULL;

	if (!by && !r->opts->json)
		return;
	shown->kallsyms = kallsyms_cache_get(r->functions, clock_mono_ns(), by);
	if (by && shown->kallsyms)
		shown->sender_module = kallsyms_module(shown->kallsyms, by->stack,
						       stack_entries(by->stack_len));
}

static void name(struct report *r, struct shown *shown)
{
	shown->wall_ns = clock_wall_ns(shown->inc->ts);
	paths_incident(r->paths, shown);
	suspects_incident(r->suspects, shown);
	name_functions(r, shown);
}

/* Is it to be printed? It is counted in any case. */
static bool count(struct report *r, const struct pf_incident *inc)
{
	int verdict = inc->answer.verdict;

	if (r->filter && inc->bytes < r->filter->min_bytes) {
		r->small++;
		return false;
	}
	r->incidents[verdict]++;
	r->bytes[verdict] += inc->bytes;
	r->unseen += inc->answer.reason == PF_REASON_UNSEEN;
	r->found |= r->opts->fail_on >= 0 && verdict >= r->opts->fail_on;
	return verdict >= r->opts->min_verdict;
}

/* Why each range got its verdict, on standard error. */
static void explain(const struct pf_incident *inc)
{
	char evidence[PF_EVIDENCE_LEN];

	if (!log_is_verbose())
		return;
	for (size_t i = 0; i < inc->n_ranges; i++) {
		const struct pf_range *r = &inc->ranges[i];

		log_debug("op %llu, stream %llu+%llu: %s, %s, %s: %s [%s]", inc->op,
			  r->stream_off, r->len, pf_verdict_name(r->answer.verdict),
			  pf_reason_name(r->answer.reason), pf_phase_name(r->answer.phase),
			  r->answer.rule, pf_range_evidence(r, evidence, sizeof(evidence)));
	}
}

int report_incident(struct report *r, const struct pf_incident *inc)
{
	struct shown shown = { .inc = inc };
	bool kept;
	int err;

	if (report_full(r) || !count(r, inc))
		return 0;
	if (r->hushed) {
		r->unprinted++;
		return 0;
	}
	explain(inc);
	name(r, &shown);
	err = log_output(r->sink.ops->incident(&r->sink, &shown));
	err = err ?: put(r, false, &kept);
	if (err)
		return err;
	if (!kept) {
		r->unprinted++;
		return 0;
	}
	r->printed++;
	if (r->opts->on_incident)
		r->opts->on_incident(r->opts->ctx, &shown);
	return 0;
}

void report_hush(struct report *r)
{
	r->hushed = true;
}

struct queue *report_queue(struct report *r)
{
	return r->queue;
}

int report_closed(const struct report *r)
{
	(void)r;
	return log_output(-EPIPE);
}

bool report_full(const struct report *r)
{
	return r->opts->count && r->printed >= r->opts->count;
}

bool report_found(const struct report *r)
{
	return r->found;
}

int report_summary(struct report *r, struct summary *sum)
{
	memcpy(sum->incidents, r->incidents, sizeof(sum->incidents));
	memcpy(sum->bytes, r->bytes, sizeof(sum->bytes));
	sum->small = r->small;
	sum->unseen = r->unseen;
	sum->filter = r->filter;
	sum->output_lost = r->unprinted;
	return log_output(r->sink.ops->summary(&r->sink, sum)) ?: put(r, true, NULL);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	paths_free(r->paths);
	suspects_free(r->suspects);
	senders_free(r->senders);
	kallsyms_cache_free(r->functions);
	queue_free(r->queue);
	if (r->sink.out)
		fclose(r->sink.out);
	free(r->text);
	free(r);
}

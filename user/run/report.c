// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* report.c - see report.h. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/log.h"
#include "kernel/filter.h"
#include "names/cgroups.h"
#include "names/kallsyms_cache.h"
#include "names/openers.h"
#include "names/paths.h"
#include "names/senders.h"
#include "names/suspects.h"
#include "exposures.h"
#include "outlets.h"

struct report {
	const struct report_opts *opts;
	const struct filter *filter;
	struct paths *paths;
	struct suspects *suspects;
	struct senders *senders;
	struct cgroups *cgroups;
	struct kallsyms_cache *functions;
	struct exposures *exposures;
	struct outlets outlets;
	bool hushed;
	__u64 unprinted;
	unsigned int printed;
	bool found;
	__u64 incidents[PF_VERDICT_MAX];
	__u64 bytes[PF_VERDICT_MAX];
	__u64 incidents_by[PF_VERDICT_MAX][SINK_HOWS];
	__u64 bytes_by[PF_VERDICT_MAX][SINK_HOWS];
	__u64 small;
	__u64 unseen;
};

static int open_exposures(struct report *r)
{
	struct openers *openers;
	int err = openers_new(&openers);

	if (!err && exposures_new(&r->exposures, r->paths, openers)) {
		openers_free(openers);
		err = -ENOMEM;
	}
	return err;
}

static int open_names(struct report *r)
{
	int err = paths_new(&r->paths);

	err = err ?: suspects_new(&r->suspects);
	err = err ?: senders_new(&r->senders);
	err = err ?: cgroups_new(&r->cgroups);
	err = err ?: kallsyms_cache_new(&r->functions, "/proc");
	err = err ?: open_exposures(r);
	if (err)
		log_error("cannot start: %s", strerror(-err));
	return err;
}

int report_new(struct report **ret_report, const struct report_opts *opts,
	       const struct filter *filter)
{
	struct report *r = calloc(1, sizeof(*r));
	int err;

	if (!r) {
		log_error("cannot start: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	r->opts = opts;
	r->filter = filter;
	/* Helpers are made first, so that they have nothing of ours. */
	err = outlets_open(&r->outlets, opts) ?: open_names(r);
	if (err) {
		report_free(r);
		return err;
	}
	*ret_report = r;
	return 0;
}

void report_sender(struct report *r, const struct pf_ev_sender *ev)
{
	senders_add(r->senders, ev);
}

static void learn_cgroup(struct report *r, const struct pf_task *task, const struct pf_who *who)
{
	if (task->flags & PF_TASK_WHO)
		cgroups_learn(r->cgroups, who->cgroup, task->pid);
}

void report_record(struct report *r, const struct pf_event *ev)
{
	const struct pf_ev_hit *hit = (const struct pf_ev_hit *)ev;
	const struct pf_ev_op *op = (const struct pf_ev_op *)ev;

	if (ev->type == PF_EV_HIT)
		learn_cgroup(r, &hit->sender, &hit->who);
	else if (ev->type == PF_EV_OP)
		learn_cgroup(r, &op->writer, &op->who);
}

/* They may have been found since the record came. */
static void name_cgroups(struct report *r, struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;

	learn_cgroup(r, &inc->writer, &inc->writer_who);
	learn_cgroup(r, &inc->sender, &inc->sender_who);
	if (inc->writer.flags & PF_TASK_WHO)
		shown->writer_cgroup = cgroups_path(r->cgroups, inc->writer_who.cgroup);
	if (inc->sender.flags & PF_TASK_WHO)
		shown->sender_cgroup = cgroups_path(r->cgroups, inc->sender_who.cgroup);
}

static size_t stack_entries(__s32 bytes)
{
	return bytes > 0 ? bytes / sizeof(__u64) : 0;
}

/* The table alone has no room for them. */
static bool prints_stacks(const struct report_opts *opts)
{
	return opts->json || opts->output || opts->exec || opts->record || opts->view;
}

/* The kernel's table of functions is long. It is read only if a name of it will be printed. */
static void name_functions(struct report *r, struct shown *shown)
{
	const struct pf_ev_sender *by = shown->inc->sender.how == PF_SEND_KERNEL ?
					senders_find(r->senders, shown->inc->conn) : NULL;

	if (!by && !prints_stacks(r->opts))
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
	name_cgroups(r, shown);
}

/* Is it to be printed? It is counted in any case. */
static bool count(struct report *r, const struct pf_incident *inc)
{
	int verdict = inc->answer.verdict;
	int how = inc->writer.how < SINK_HOWS ? inc->writer.how : PF_WRITE_UNKNOWN;

	if (r->filter && inc->bytes < r->filter->min_bytes) {
		r->small++;
		return false;
	}
	r->incidents[verdict]++;
	r->bytes[verdict] += inc->bytes;
	r->incidents_by[verdict][how]++;
	r->bytes_by[verdict][how] += inc->bytes;
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

/* Of such a change nothing is known but that it was made: it is told whatever the output is. */
static void alarm_if_unknown(const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;

	if (!pf_incident_is_alarm(inc))
		return;
	if (shown->path)
		log_error("a writer that pageflight does not know changed %s", shown->path);
	else
		log_error("a writer that pageflight does not know changed inode %llu", inc->ino);
}

int report_incident(struct report *r, const struct pf_incident *inc)
{
	struct shown shown = { .inc = inc };
	bool kept = false;
	int err;

	exposures_incident(r->exposures, inc);
	if (report_full(r) || !count(r, inc))
		return 0;
	if (r->hushed) {
		r->unprinted++;
		return 0;
	}
	explain(inc);
	name(r, &shown);
	alarm_if_unknown(&shown);
	err = outlets_incident(&r->outlets, &shown, &kept);
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

int report_open(struct report *r)
{
	return outlets_begin(&r->outlets);
}

int report_tick(struct report *r, __u64 now)
{
	return outlets_tick(&r->outlets, now);
}

struct outlets *report_outlets(struct report *r)
{
	return &r->outlets;
}

bool report_full(const struct report *r)
{
	return r->opts->count && r->printed >= r->opts->count;
}

bool report_found(const struct report *r)
{
	return r->found;
}

void report_exposed(void *ctx, const struct pf_exposed *e)
{
	struct report *r = ctx;

	exposures_add(r->exposures, e);
}

static int tell_exposure(void *ctx, const struct exposure *e)
{
	struct report *r = ctx;
	char text[EXPOSURE_TEXT];

	log_info("%s", exposure_text(text, e));
	return outlets_exposure(&r->outlets, e);
}

int report_exposures(struct report *r, const struct pf_totals *totals, __u64 now)
{
	return exposures_tick(r->exposures, now, totals, tell_exposure, r);
}

void report_counts(const struct report *r, struct summary *sum)
{
	memcpy(sum->incidents, r->incidents, sizeof(sum->incidents));
	memcpy(sum->bytes, r->bytes, sizeof(sum->bytes));
	memcpy(sum->incidents_by, r->incidents_by, sizeof(sum->incidents_by));
	memcpy(sum->bytes_by, r->bytes_by, sizeof(sum->bytes_by));
	sum->small = r->small;
	sum->unseen = r->unseen;
	sum->filter = r->filter;
	sum->output_lost = r->unprinted;
}

bool report_frame(struct report *r, __u32 kind, const void *data, size_t len)
{
	return outlets_frame(&r->outlets, kind, data, len);
}

const char *report_path(struct report *r, __u64 dev, const struct pf_ev_op *name, __u32 pid)
{
	const struct path_asked asked = { pid, PATH_SENDER };
	enum path_view view;

	return paths_file(r->paths, dev, name, &asked, pid != 0, &view);
}

int report_numbers(struct report *r, struct summary *sum, __u64 now)
{
	report_counts(r, sum);
	return outlets_numbers(&r->outlets, sum, now);
}

int report_summary(struct report *r, struct summary *sum)
{
	exposures_end(r->exposures);
	report_counts(r, sum);
	sum->exposures = *exposures_sum(r->exposures);
	return outlets_summary(&r->outlets, sum);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	exposures_free(r->exposures);
	paths_free(r->paths);
	suspects_free(r->suspects);
	senders_free(r->senders);
	cgroups_free(r->cgroups);
	kallsyms_cache_free(r->functions);
	outlets_fini(&r->outlets);
	free(r);
}

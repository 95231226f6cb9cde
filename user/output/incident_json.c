// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * incident_json - the sink that prints JSON lines, which are the contract with
 * programs: keys may be added, never renamed. docs/events.md has all of them. A
 * path that is not UTF-8 comes a second time, as hexadecimal digits, in
 * "path_hex", since U+FFFD stands for its bad bytes.
 */
#include <stdlib.h>

#include "kernel/filter.h"
#include "kernel/hooks.h"
#include "base/fmt.h"
#include "base/kallsyms.h"
#include "names/cgroup_name.h"
#include "blind_json.h"
#include "exposure_json.h"
#include "json.h"
#include "sink.h"

static void put_stack(struct json *j, const struct shown *shown)
{
	char text[KALLSYMS_TEXT_LEN];
	const __u64 *stack;
	size_t n;

	stack = shown_stack(shown, &n);
	json_array(j, "stack");
	for (size_t i = 0; shown->stack ? i < PF_STACK_DEPTH && *shown->stack[i] : i < n; i++)
		json_text(j, NULL, shown->stack ? shown->stack[i] :
				   kallsyms_text(text, shown->kallsyms, stack[i]));
	json_array_end(j);
}

static void put_cgroup(struct json *j, __u64 id, const char *path)
{
	struct cgroup_name name;

	if (!id) {
		json_null(j, "cgroup");
		return;
	}
	cgroup_name(path, &name);
	json_object(j, "cgroup");
	json_u64(j, "id", id);
	json_text(j, "path", path);
	json_text(j, "unit", *name.unit ? name.unit : NULL);
	json_text(j, "container", *name.container ? name.container : NULL);
	json_text(j, "pod", *name.pod ? name.pod : NULL);
	json_object_end(j);
}

static void put_who(struct json *j, const struct pf_task *task, const struct pf_who *who,
		    const char *cgroup)
{
	bool known = task->flags & PF_TASK_WHO;

	if (known)
		json_u64(j, "uid", who->uid);
	else
		json_null(j, "uid");
	json_text(j, "exe", known && *who->exe ? who->exe : NULL);
	if (known && who->ppid) {
		json_object(j, "parent");
		json_u64(j, "pid", who->ppid);
		json_text(j, "comm", who->parent);
		json_object_end(j);
	} else {
		json_null(j, "parent");
	}
	put_cgroup(j, known ? who->cgroup : 0, cgroup);
}

/* If nobody was seen, each key that would name somebody is null. */
static void put_task(struct json *j, const struct pf_task *task, const char *how)
{
	if (pf_task_is_nobody(task)) {
		json_null(j, "pid");
		json_null(j, "tid");
		json_null(j, "comm");
	} else {
		json_u64(j, "pid", task->pid);
		json_u64(j, "tid", task->tid);
		json_text(j, "comm", task->comm);
	}
	json_text(j, "how", how);
	json_bool(j, "kthread", task->flags & PF_TASK_KTHREAD);
}

static void put_writer(struct json *j, const struct shown *shown)
{
	json_object(j, "writer");
	put_task(j, &shown->inc->writer, pf_writer_how_name(shown->inc->writer.how));
	put_who(j, &shown->inc->writer, &shown->inc->writer_who, shown->writer_cgroup);
	put_stack(j, shown);
	json_object_end(j);
}

static void put_suspects(struct json *j, const struct shown *shown)
{
	if (shown->suspects_sought) {
		json_array(j, "suspects");
		for (size_t i = 0; i < shown->n_suspects; i++) {
			json_object(j, NULL);
			json_u64(j, "pid", shown->suspects[i].pid);
			json_text(j, "comm", shown->suspects[i].comm);
			json_object_end(j);
		}
		json_array_end(j);
	}
	if (shown->suspects_cut)
		json_bool(j, "suspects_cut", true);
}

static void put_sender(struct json *j, const struct shown *shown)
{
	json_object(j, "sender");
	put_task(j, &shown->inc->sender, pf_sender_how_name(shown->inc->sender.how));
	put_who(j, &shown->inc->sender, &shown->inc->sender_who, shown->sender_cgroup);
	if (shown->sender_module)
		json_text(j, "module", shown->sender_module);
	json_object_end(j);
}

static void put_connection(struct json *j, const struct pf_incident *inc)
{
	char addr[FMT_ADDR_LEN];

	json_object(j, "connection");
	json_text(j, "src", fmt_addr(addr, inc->tuple.laddr, inc->tuple.lport));
	json_text(j, "dst", fmt_addr(addr, inc->tuple.raddr, inc->tuple.rport));
	json_text(j, "src_addr", fmt_host(addr, inc->tuple.laddr));
	json_u64(j, "src_port", inc->tuple.lport);
	json_text(j, "dst_addr", fmt_host(addr, inc->tuple.raddr));
	json_u64(j, "dst_port", inc->tuple.rport);
	json_u64(j, "netns", inc->netns);
	if (inc->reader == PF_READER_UNKNOWN)
		json_null(j, "local");
	else
		json_bool(j, "local", inc->reader == PF_READER_HERE);
	json_object_end(j);
}

static void put_file(struct json *j, const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	char dev[FMT_DEV_LEN];

	if (pf_incident_no_file(inc)) {
		json_null(j, "file");
		return;
	}
	json_object(j, "file");
	json_path(j, shown->path);
	json_text(j, "dev", fmt_dev(dev, inc->dev));
	json_u64(j, "inode", inc->ino);
	json_u64(j, "offset", inc->file_off);
	json_u64(j, "length", inc->file_len);
	json_bool(j, "deleted", shown->deleted);
	json_text(j, "seen_by", path_view_name(shown->view));
	json_object_end(j);
}

static void put_stream(struct json *j, const struct pf_incident *inc)
{
	json_object(j, "stream");
	json_u64(j, "offset", inc->stream_off);
	json_u64(j, "length", inc->stream_len);
	json_object_end(j);
}

static void put_answer(struct json *j, const struct pf_answer *answer)
{
	json_text(j, "verdict", pf_verdict_name(answer->verdict));
	json_text(j, "reason", pf_reason_name(answer->reason));
	json_text(j, "rule", answer->rule);
	json_text(j, "phase", pf_phase_name(answer->phase));
}

static void put_marks(struct json *j, __u32 marks)
{
	json_array(j, "marks");
	for (unsigned int i = 0; i < PF_MARKS; i++)
		if (marks & 1u << i)
			json_text(j, NULL, pf_mark_name(1u << i));
	json_array_end(j);
}

static void put_range(struct json *j, const struct pf_incident *inc, const struct pf_range *r)
{
	json_object(j, NULL);
	put_answer(j, &r->answer);
	put_marks(j, r->marks);
	if (pf_incident_no_file(inc))
		json_null(j, "file_offset");
	else
		json_u64(j, "file_offset", r->file_off);
	json_u64(j, "stream_offset", r->stream_off);
	json_u64(j, "length", r->len);
	json_object_end(j);
}

/* A moment as UTC, by the offset between the clocks that `time` has. */
static void put_moment(struct json *j, const char *key, const struct shown *shown, __u64 mono)
{
	char time[FMT_TIME_LEN];

	if (mono)
		json_text(j, key, fmt_time(time, shown_wall(shown, mono)));
	else
		json_null(j, key);
}

/* Of a change that nobody saw being made, only what the socket did is known. */
static void put_times(struct json *j, const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;

	json_object(j, "times");
	put_moment(j, "attached_first", shown, inc->attached_first);
	put_moment(j, "attached_last", shown, inc->attached_last);
	put_moment(j, "write_began", shown, inc->began);
	put_moment(j, "write_complete", shown, inc->writer.how == PF_WRITE_UNKNOWN ? 0 : inc->ts);
	put_moment(j, "ended", shown, inc->ended);
	json_text(j, "end", inc->end ? pf_end_name(inc->end) : NULL);
	json_object_end(j);
}

static int incident_json_open(struct sink *sink)
{
	(void)sink;
	return 0;
}

static int incident_json(struct sink *sink, const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	char time[FMT_TIME_LEN];
	struct json j;

	json_begin(&j);
	json_text(&j, "type", "incident");
	json_text(&j, "time", fmt_time(time, shown->wall_ns));
	put_answer(&j, &inc->answer);
	json_u64(&j, "bytes", inc->bytes);
	put_writer(&j, shown);
	put_suspects(&j, shown);
	if (pf_incident_is_alarm(inc))
		json_bool(&j, "alarm", true);
	put_sender(&j, shown);
	put_connection(&j, inc);
	put_file(&j, shown);
	put_stream(&j, inc);
	put_times(&j, shown);
	json_u64(&j, "age_us", inc->age_ns / 1000);
	json_u64(&j, "resends", inc->resends);
	json_bool(&j, "evidence_lost", inc->evidence_lost);
	json_u64(&j, "op", inc->op);
	json_array(&j, "ranges");
	for (size_t i = 0; i < inc->n_ranges; i++)
		put_range(&j, inc, &inc->ranges[i]);
	json_array_end(&j);
	return json_end(&j, sink->out);
}

/* Empty slots are left out. "to_us" is exclusive, and missing in the last slot, which is open. */
static void put_histogram(struct json *j, const char *key, const __u64 slots[PF_HIST_SLOTS])
{
	json_array(j, key);
	for (int i = 0; i < PF_HIST_SLOTS; i++) {
		if (!slots[i])
			continue;
		json_object(j, NULL);
		json_u64(j, "from_us", i ? 1ull << (i - 1) : 0);
		if (i < PF_HIST_SLOTS - 1)
			json_u64(j, "to_us", 1ull << i);
		json_u64(j, "pages", slots[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_by_verdict(struct json *j, const char *key, const __u64 count[PF_VERDICT_MAX])
{
	json_object(j, key);
	for (int i = PF_VERDICT_MAX - 1; i >= 0; i--)
		json_u64(j, pf_verdict_name(i), count[i]);
	json_object_end(j);
}

static void put_filter(struct json *j, const struct filter *filter, enum filter_kind kind)
{
	json_array(j, filter_kind_name(kind));
	for (unsigned int i = 0; i < filter->n_given[kind]; i++) {
		const char *text = filter->given[kind][i];

		if (filter_kind_is_number(kind))
			json_u64(j, NULL, strtoull(text, NULL, 10));
		else
			json_text(j, NULL, text);
	}
	json_array_end(j);
}

/* Only the filters that were given, as they were given. */
static void put_filters(struct json *j, const struct filter *filter)
{
	json_object(j, "filters");
	for (int kind = 0; filter && kind < FILTER_MIN_BYTES; kind++)
		if (filter->n_given[kind])
			put_filter(j, filter, kind);
	if (filter && filter->min_bytes)
		json_u64(j, "min_bytes", filter->min_bytes);
	json_object_end(j);
}

static void put_counters(struct json *j, const struct pf_stats *stats)
{
	json_object(j, "counters");
	for (int i = 0; i < PF_C_FIRST_LOSS; i++)
		json_u64(j, sink_counter_names[i], stats->count[i]);
	json_object_end(j);
}

static void put_missed(struct json *j, const struct summary *sum)
{
	json_object(j, "missed_by");
	for (int i = 0; i < PF_ROLE_MAX; i++)
		json_u64(j, hook_roles[i], sum->totals.missed_by[i]);
	json_object_end(j);
}

static void put_losses(struct json *j, const struct summary *sum)
{
	struct loss loss[SINK_LOSSES];

	sink_losses(sum, loss);
	json_object(j, "losses");
	for (int i = 0; i < SINK_LOSSES; i++)
		json_u64(j, loss[i].name, loss[i].count);
	json_object_end(j);
}

static int incident_json_summary(struct sink *sink, const struct summary *sum)
{
	const struct pf_stats *stats = &sum->totals.stats;
	char time[FMT_TIME_LEN];
	struct json j;

	json_begin(&j);
	json_text(&j, "type", "summary");
	json_text(&j, "time", fmt_time(time, sum->wall_ns));
	json_u64(&j, "duration_us", sum->duration_ns / 1000);
	json_text(&j, "content", pf_content_name(sum->content));
	json_u64(&j, "flights", stats->count[PF_C_attached]);
	json_u64(&j, "bytes", stats->count[PF_C_attached_bytes]);
	json_u64(&j, "in_flight", sum->totals.in_flight);
	json_u64(&j, "in_flight_connections", sum->totals.conns);
	json_u64(&j, "connections", stats->count[PF_C_conns]);
	put_by_verdict(&j, "incidents", sum->incidents);
	put_by_verdict(&j, "incident_bytes", sum->bytes);
	json_put_exposed(&j, sum);
	put_filters(&j, sum->filter);
	json_u64(&j, "below_min_bytes", sum->small);
	json_u64(&j, "possible_unseen", sum->unseen);
	put_histogram(&j, "attach_to_ack", stats->to_ack);
	put_histogram(&j, "attach_to_release", stats->to_release);
	put_counters(&j, stats);
	put_losses(&j, sum);
	put_missed(&j, sum);
	json_put_blind(&j, sum->hooks, sum->n_hooks);
	return json_end(&j, sink->out);
}

const struct sink_ops sink_json = {
	.open = incident_json_open,
	.incident = incident_json,
	.summary = incident_json_summary,
	.exposure = exposure_json,
};

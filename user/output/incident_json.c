// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * incident_json - JSON lines, the contract with programs: keys may be added, never
 * renamed. Paths and comms that are not UTF-8 get U+FFFD for each bad byte, and
 * a path then comes a second time, as hexadecimal digits, in "path_hex".
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/filter.h"
#include "base/fmt.h"
#include "base/kallsyms.h"
#include "sink.h"

/* json-c returns NULL without memory; adding NULL to an object means null. */
static void put(struct json_object *obj, const char *key, struct json_object *value)
{
	json_object_object_add(obj, key, value);
}

static void put_u64(struct json_object *obj, const char *key, __u64 value)
{
	put(obj, key, json_object_new_uint64(value));
}

static void put_bool(struct json_object *obj, const char *key, bool value)
{
	put(obj, key, json_object_new_boolean(value));
}

/* Any bytes; NULL becomes null. */
static struct json_object *text_of(const char *text)
{
	size_t len = text ? strlen(text) * 3 + 1 : 0;
	char *clean = text ? malloc(len) : NULL;
	struct json_object *obj = NULL;

	if (clean)
		obj = json_object_new_string(fmt_utf8(clean, len, text));
	free(clean);
	return obj;
}

static void put_text(struct json_object *obj, const char *key, const char *text)
{
	put(obj, key, text_of(text));
}

static void put_hex(struct json_object *obj, const char *key, const char *text)
{
	size_t len = strlen(text);
	char *hex = malloc(len * 2 + 1);

	if (!hex)
		return;
	for (size_t i = 0; i < len; i++)
		snprintf(hex + i * 2, 3, "%02x", (unsigned char)text[i]);
	put(obj, key, json_object_new_string(hex));
	free(hex);
}

static struct json_object *stack_of(const struct shown *shown)
{
	const struct pf_ev_op *rec = shown->inc->op_rec;
	struct json_object *stack = json_object_new_array();
	int n = rec && rec->stack_len > 0 ? rec->stack_len / (int)sizeof(rec->stack[0]) : 0;
	char text[KALLSYMS_TEXT_LEN];

	for (int i = 0; i < n; i++) {
		kallsyms_text(text, shown->kallsyms, rec->stack[i]);
		json_object_array_add(stack, json_object_new_string(text));
	}
	return stack;
}

/* Nobody is a null in each place where somebody would be. */
static void put_task(struct json_object *obj, const struct pf_task *task, const char *how)
{
	bool nobody = pf_task_is_nobody(task);

	put(obj, "pid", nobody ? NULL : json_object_new_uint64(task->pid));
	put(obj, "tid", nobody ? NULL : json_object_new_uint64(task->tid));
	put_text(obj, "comm", nobody ? NULL : task->comm);
	put_text(obj, "how", how);
	put_bool(obj, "kthread", task->flags & PF_TASK_KTHREAD);
}

static struct json_object *writer_of(const struct shown *shown)
{
	struct json_object *obj = json_object_new_object();

	put_task(obj, &shown->inc->writer, pf_writer_how_name(shown->inc->writer.how));
	put(obj, "stack", stack_of(shown));
	return obj;
}

static struct json_object *suspects_of(const struct shown *shown)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < shown->n_suspects; i++) {
		struct json_object *obj = json_object_new_object();

		put_u64(obj, "pid", shown->suspects[i].pid);
		put_text(obj, "comm", shown->suspects[i].comm);
		json_object_array_add(array, obj);
	}
	return array;
}

static struct json_object *sender_of(const struct shown *shown)
{
	struct json_object *obj = json_object_new_object();

	put_task(obj, &shown->inc->sender, pf_sender_how_name(shown->inc->sender.how));
	if (shown->sender_module)
		put_text(obj, "module", shown->sender_module);
	return obj;
}

static struct json_object *connection_of(const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	struct json_object *obj = json_object_new_object();
	char addr[FMT_ADDR_LEN];

	put_text(obj, "src", fmt_addr(addr, inc->tuple.laddr, inc->tuple.lport));
	put_text(obj, "dst", fmt_addr(addr, inc->tuple.raddr, inc->tuple.rport));
	put_u64(obj, "netns", inc->netns);
	put_bool(obj, "local", inc->local);
	return obj;
}

/* NULL: memory of no file. */
static struct json_object *file_of(const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	struct json_object *obj;
	char dev[FMT_DEV_LEN];

	if (pf_incident_no_file(inc))
		return NULL;
	obj = json_object_new_object();
	put_text(obj, "path", shown->path);
	if (shown->path && !fmt_is_utf8(shown->path))
		put_hex(obj, "path_hex", shown->path);
	put_text(obj, "dev", fmt_dev(dev, inc->dev));
	put_u64(obj, "inode", inc->ino);
	put_u64(obj, "offset", inc->file_off);
	put_u64(obj, "length", inc->file_len);
	put_bool(obj, "deleted", shown->deleted);
	put_text(obj, "seen_by", path_view_name(shown->view));
	return obj;
}

static struct json_object *stream_of(const struct shown *shown)
{
	struct json_object *obj = json_object_new_object();

	put_u64(obj, "offset", shown->inc->stream_off);
	put_u64(obj, "length", shown->inc->stream_len);
	return obj;
}

static void put_answer(struct json_object *obj, const struct pf_answer *answer)
{
	put_text(obj, "verdict", pf_verdict_name(answer->verdict));
	put_text(obj, "reason", pf_reason_name(answer->reason));
	put_text(obj, "phase", pf_phase_name(answer->phase));
}

static struct json_object *ranges_of(const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < inc->n_ranges; i++) {
		const struct pf_range *r = &inc->ranges[i];
		struct json_object *obj = json_object_new_object();

		put_answer(obj, &r->answer);
		if (pf_incident_no_file(inc))
			put(obj, "file_offset", NULL);
		else
			put_u64(obj, "file_offset", r->file_off);
		put_u64(obj, "stream_offset", r->stream_off);
		put_u64(obj, "length", r->len);
		json_object_array_add(array, obj);
	}
	return array;
}

/* Print on one line, flush, and free. */
static int emit(struct sink *sink, struct json_object *obj)
{
	const char *text = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	int err;

	if (!text) {
		json_object_put(obj);
		return -ENOMEM;
	}
	fputs(text, sink->out);
	fputc('\n', sink->out);
	err = sink_flush(sink);
	json_object_put(obj);
	return err;
}

static int json_open(struct sink *sink)
{
	(void)sink;
	return 0;
}

static int json_incident(struct sink *sink, const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	struct json_object *obj = json_object_new_object();
	char time[FMT_TIME_LEN];

	put_text(obj, "type", "incident");
	put_text(obj, "time", fmt_time(time, shown->wall_ns));
	put_answer(obj, &inc->answer);
	put_u64(obj, "bytes", inc->bytes);
	put(obj, "writer", writer_of(shown));
	if (shown->suspects_sought)
		put(obj, "suspects", suspects_of(shown));
	if (shown->suspects_cut)
		put_bool(obj, "suspects_cut", true);
	put(obj, "sender", sender_of(shown));
	put(obj, "connection", connection_of(shown));
	put(obj, "file", file_of(shown));
	put(obj, "stream", stream_of(shown));
	put_u64(obj, "age_us", inc->age_ns / 1000);
	put_u64(obj, "resends", inc->resends);
	put_bool(obj, "evidence_lost", inc->evidence_lost);
	put_u64(obj, "op", inc->op);
	put(obj, "ranges", ranges_of(shown));
	return emit(sink, obj);
}

/* Used slots only; "to_us" is exclusive and missing in the open last one. */
static struct json_object *histogram_of(const __u64 slots[PF_HIST_SLOTS])
{
	struct json_object *array = json_object_new_array();

	for (int i = 0; i < PF_HIST_SLOTS; i++) {
		struct json_object *obj;

		if (!slots[i])
			continue;
		obj = json_object_new_object();
		put_u64(obj, "from_us", i ? 1ull << (i - 1) : 0);
		if (i < PF_HIST_SLOTS - 1)
			put_u64(obj, "to_us", 1ull << i);
		put_u64(obj, "pages", slots[i]);
		json_object_array_add(array, obj);
	}
	return array;
}

static struct json_object *by_verdict(const __u64 count[PF_VERDICT_MAX])
{
	struct json_object *obj = json_object_new_object();

	for (int i = PF_VERDICT_MAX - 1; i >= 0; i--)
		put_u64(obj, pf_verdict_name(i), count[i]);
	return obj;
}

static struct json_object *counters_of(const struct pf_stats *stats)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < PF_C_FIRST_LOSS; i++)
		put_u64(obj, sink_counter_names[i], stats->count[i]);
	return obj;
}

static struct json_object *values_of(const struct filter *filter, enum filter_kind kind)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < filter->n_given[kind]; i++) {
		const char *text = filter->given[kind][i];

		json_object_array_add(array, filter_kind_is_number(kind) ?
				      json_object_new_uint64(strtoull(text, NULL, 10)) :
				      text_of(text));
	}
	return array;
}

/* Given ones only, as they were given. */
static struct json_object *filters_of(const struct filter *filter)
{
	struct json_object *obj = json_object_new_object();

	for (int kind = 0; filter && kind < FILTER_MIN_BYTES; kind++)
		if (filter->n_given[kind])
			put(obj, filter_kind_name(kind), values_of(filter, kind));
	if (filter && filter->min_bytes)
		put_u64(obj, "min_bytes", filter->min_bytes);
	return obj;
}

static int json_summary(struct sink *sink, const struct summary *sum)
{
	const struct pf_stats *stats = &sum->totals.stats;
	struct json_object *obj = json_object_new_object();
	struct json_object *losses = json_object_new_object();
	struct loss loss[SINK_LOSSES];
	char time[FMT_TIME_LEN];

	put_text(obj, "type", "summary");
	put_text(obj, "time", fmt_time(time, sum->wall_ns));
	put_u64(obj, "duration_us", sum->duration_ns / 1000);
	put_text(obj, "content", pf_content_name(sum->content));
	put_u64(obj, "flights", stats->count[PF_C_attached]);
	put_u64(obj, "bytes", stats->count[PF_C_attached_bytes]);
	put_u64(obj, "in_flight", sum->totals.in_flight);
	put_u64(obj, "connections", stats->count[PF_C_conns]);
	put(obj, "incidents", by_verdict(sum->incidents));
	put(obj, "incident_bytes", by_verdict(sum->bytes));
	put(obj, "filters", filters_of(sum->filter));
	put_u64(obj, "below_min_bytes", sum->small);
	put(obj, "attach_to_ack", histogram_of(stats->to_ack));
	put(obj, "attach_to_release", histogram_of(stats->to_release));
	put(obj, "counters", counters_of(stats));
	sink_losses(sum, loss);
	for (int i = 0; i < SINK_LOSSES; i++)
		put_u64(losses, loss[i].name, loss[i].count);
	put(obj, "losses", losses);
	return emit(sink, obj);
}

const struct sink_ops sink_json = {
	.open = json_open,
	.incident = json_incident,
	.summary = json_summary,
};

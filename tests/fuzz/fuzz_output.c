// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Any names in an incident and a summary: a line of JSON is JSON, and nothing
 * that is printed has a character that a terminal obeys.
 */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/kallsyms.h"
#include "fuzz.h"
#include "kernel/filter.h"
#include "output/sink.h"

#define RANGES 4

static void take_task(struct input *in, struct pf_task *ret, unsigned int hows)
{
	*ret = (struct pf_task){
		.pid = take(in, 3), .tid = take(in, 3), .how = take(in, 1) % hows,
		.flags = take(in, 1) & PF_TASK_KTHREAD,
	};
	take_bytes(in, ret->comm, PF_COMM_LEN - 1);
}

static char *take_who(struct input *in, struct pf_task *task, struct pf_who *ret)
{
	*ret = (struct pf_who){ .cgroup = take(in, 8), .uid = take(in, 4), .ppid = take(in, 3) };
	task->flags |= take(in, 1) & PF_TASK_WHO;
	take_bytes(in, ret->parent, PF_COMM_LEN - 1);
	take_bytes(in, ret->exe, PF_EXE_LEN - 1);
	return take_line(in);
}

static struct pf_answer take_answer(struct input *in)
{
	return (struct pf_answer){
		.verdict = take(in, 1) % PF_VERDICT_MAX,
		.reason = take(in, 1) % PF_REASON_MAX,
		.phase = take(in, 1) % PF_PHASE_MAX,
		.rule = "a rule",
	};
}

static void take_incident(struct input *in, struct pf_incident *ret, struct pf_range *ranges,
			  struct pf_ev_op *op)
{
	*ret = (struct pf_incident){
		.op = take(in, 8), .conn = take(in, 8), .ts = take(in, 8),
		.answer = take_answer(in), .bytes = take(in, 8), .file_off = take(in, 8),
		.file_len = take(in, 8), .stream_off = take(in, 8), .age_ns = take(in, 8),
		.netns = take(in, 4), .resends = take(in, 4), .reader = take(in, 1) % 3,
		.evidence_lost = take(in, 1) & 1, .ranges = ranges,
		.n_ranges = 1 + take(in, 1) % RANGES,
	};
	if (take(in, 1) & 1) {
		ret->dev = take(in, 4);
		ret->ino = take(in, 8);
	}
	for (size_t i = 0; i < ret->n_ranges; i++)
		ranges[i] = (struct pf_range){ .file_off = take(in, 8), .stream_off = take(in, 8),
					       .len = take(in, 8), .answer = take_answer(in),
					       .marks = take(in, 3) };
	take_task(in, &ret->writer, PF_WRITE_PUNCH + 1);
	take_task(in, &ret->sender, PF_SEND_KERNEL + 1);
	take_bytes(in, &ret->tuple, sizeof(ret->tuple));
	if (take(in, 1) & 1)
		return;
	*op = (struct pf_ev_op){ .stack_len = 8 * (take(in, 1) % 4) };
	take_bytes(in, op->stack, op->stack_len);
	ret->op_rec = op;
}

static void check_lines(char *text)
{
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		CHECK(is_clean(line));
}

static void check_json(char *text, size_t len, int lines)
{
	for (char *next, *line = text; lines--; line = next) {
		yajl_handle parser = yajl_alloc(NULL, NULL, NULL);

		next = strchr(line, '\n');
		CHECK(next++ && parser);
		CHECK(yajl_parse(parser, (unsigned char *)line, next - line) == yajl_status_ok);
		CHECK(yajl_complete_parse(parser) == yajl_status_ok);
		yajl_free(parser);
		if (!lines)
			CHECK(next == text + len);
	}
	check_lines(text);
}

static void print(const struct sink_ops *ops, unsigned int width, const struct shown *shown,
		  const struct summary *sum)
{
	struct sink sink = { .ops = ops, .width = width, .whole_paths = width & 1 };
	char *text;
	size_t len;

	sink.out = open_memstream(&text, &len);
	CHECK(sink.out);
	CHECK(!ops->open(&sink) && !ops->incident(&sink, shown) && !ops->summary(&sink, sum));
	fclose(sink.out);
	CHECK(strlen(text) == len);
	if (ops == &sink_json)
		check_json(text, len, 2);
	else
		check_lines(text);
	free(text);
}

/* The kernel's own symbols are not all C: names of Rust functions have any letters. */
static struct kallsyms *take_kallsyms(struct input *in)
{
	char *text = take_line(in);
	FILE *file = *text ? fmemopen(text, strlen(text), "r") : NULL;
	struct kallsyms *k = NULL;

	if (file) {
		kallsyms_read(&k, file);
		fclose(file);
	}
	free(text);
	return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned int widths[] = { 1, 20, 80, 81, 120, 121, 1000 };
	struct input in = { data, size };
	struct kallsyms *kallsyms = take_kallsyms(&in);
	char *path = take_line(&in), *module = take_line(&in), *given = take_line(&in);
	struct filter filter = { .given = { [FILTER_COMM] = { given } } };
	char *writer_cgroup, *sender_cgroup;
	struct pf_range ranges[RANGES];
	struct suspect suspects[2] = { 0 };
	struct pf_incident inc;
	struct pf_ev_op op;
	struct shown shown = {
		.inc = &inc, .wall_ns = take(&in, 8), .path = *path ? path : NULL,
		.view = take(&in, 1) % (PATH_NO_TREE + 1), .deleted = take(&in, 1) & 1,
		.suspects_sought = take(&in, 1) & 1, .suspects = suspects,
		.n_suspects = take(&in, 1) % 3, .suspects_cut = take(&in, 1) & 1,
		.sender_module = *module ? module : NULL, .kallsyms = kallsyms,
	};
	struct summary sum = {
		.wall_ns = shown.wall_ns, .duration_ns = take(&in, 8),
		.filter = *given ? &filter : NULL, .small = take(&in, 8),
	};
	unsigned int width = widths[take(&in, 1) % 7];

	filter.n_given[FILTER_COMM] = *given != '\0';
	for (int i = 0; i < 2; i++) {
		suspects[i].pid = take(&in, 3);
		take_bytes(&in, suspects[i].comm, PF_COMM_LEN - 1);
	}
	take_bytes(&in, &sum.totals.stats, 64);
	take_incident(&in, &inc, ranges, &op);
	writer_cgroup = take_who(&in, &inc.writer, &inc.writer_who);
	sender_cgroup = take_who(&in, &inc.sender, &inc.sender_who);
	shown.writer_cgroup = *writer_cgroup ? writer_cgroup : NULL;
	shown.sender_cgroup = *sender_cgroup ? sender_cgroup : NULL;
	inc.attached_first = take(&in, 8);
	inc.began = take(&in, 8);
	inc.ended = take(&in, 8);
	inc.end = take(&in, 1);
	print(&sink_json, 0, &shown, &sum);
	print(&sink_table, width, &shown, &sum);
	kallsyms_free(kallsyms);
	free(writer_cgroup);
	free(sender_cgroup);
	free(path);
	free(module);
	free(given);
	return 0;
}

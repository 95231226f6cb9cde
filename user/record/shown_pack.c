// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* shown_pack.c - see shown_pack.h. */
#include "shown_pack.h"

#include <string.h>

#include "base/kallsyms.h"

static int pack_open(struct sink *sink)
{
	(void)sink;
	return 0;
}

static void pack_stack(FILE *out, const struct shown *shown)
{
	char lines[PF_STACK_DEPTH * (KALLSYMS_TEXT_LEN + 1)], *at = lines;
	const __u64 *stack;
	size_t n;

	stack = shown_stack(shown, &n);
	*at = '\0';
	for (size_t i = 0; i < n && i < PF_STACK_DEPTH; i++) {
		at += i ? sprintf(at, "\n") : 0;
		at += strlen(kallsyms_text(at, shown->kallsyms, stack[i]));
	}
	pack_text(out, shown->inc->op_rec ? lines : NULL);
}

static void pack_range(FILE *out, const struct pf_range *r)
{
	pack_bytes(out, r, sizeof(*r));
	pack_text(out, r->answer.rule);
}

static int pack_incident(struct sink *sink, const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	FILE *out = sink->out;

	pack_u64(out, SHOWN_INCIDENT);
	pack_bytes(out, inc, sizeof(*inc));
	pack_text(out, inc->answer.rule);
	pack_u64(out, shown->wall_ns);
	pack_text(out, shown->path);
	pack_u64(out, shown->view);
	pack_u64(out, shown->deleted);
	pack_u64(out, shown->suspects_sought);
	pack_u64(out, shown->suspects_cut);
	pack_text(out, shown->sender_module);
	pack_text(out, shown->writer_cgroup);
	pack_text(out, shown->sender_cgroup);
	pack_stack(out, shown);
	pack_u64(out, shown->suspects_sought ? shown->n_suspects : 0);
	for (size_t i = 0; shown->suspects_sought && i < shown->n_suspects; i++)
		pack_bytes(out, &shown->suspects[i], sizeof(shown->suspects[i]));
	for (size_t i = 0; i < inc->n_ranges; i++)
		pack_range(out, &inc->ranges[i]);
	return sink_flush(out);
}

static void put_exposure(FILE *out, const struct exposure *e)
{
	pack_bytes(out, e, sizeof(*e));
	pack_text(out, e->path);
	for (size_t i = 0; i < e->n_openers; i++)
		pack_bytes(out, &e->openers[i], sizeof(e->openers[i]));
}

static int pack_summary(struct sink *sink, const struct summary *sum)
{
	struct summary flat = *sum;

	flat.filter = NULL;
	flat.hooks = NULL;
	flat.n_hooks = 0;
	flat.vitals = NULL;
	flat.exposures.at = NULL;
	pack_u64(sink->out, SHOWN_SUMMARY);
	pack_bytes(sink->out, &flat, sizeof(flat));
	for (size_t i = 0; i < sum->exposures.n; i++)
		put_exposure(sink->out, &sum->exposures.at[i]);
	return sink_flush(sink->out);
}

static int pack_exposure(struct sink *sink, const struct exposure *e)
{
	pack_u64(sink->out, SHOWN_EXPOSURE);
	put_exposure(sink->out, e);
	return sink_flush(sink->out);
}

const struct sink_ops sink_record = {
	.open = pack_open,
	.incident = pack_incident,
	.summary = pack_summary,
	.exposure = pack_exposure,
};

void shown_unpack(struct unpack *u, struct shown_row *ret_row)
{
	struct shown_row row = { 0 };

	unpack_bytes(u, &row.inc, sizeof(row.inc));
	row.inc.op_rec = NULL;
	row.inc.ranges = NULL;
	row.rule = unpack_text(u);
	row.wall_ns = unpack_u64(u);
	row.path = unpack_text(u);
	row.view = unpack_u64(u);
	row.deleted = unpack_u64(u);
	row.suspects_sought = unpack_u64(u);
	row.suspects_cut = unpack_u64(u);
	row.sender_module = unpack_text(u);
	row.writer_cgroup = unpack_text(u);
	row.sender_cgroup = unpack_text(u);
	row.stack = unpack_text(u);
	row.n_suspects = unpack_u64(u);
	if (row.n_suspects > SUSPECTS_MAX) {
		u->bad = true;
		row.n_suspects = 0;
	}
	for (size_t i = 0; i < row.n_suspects; i++) {
		unpack_bytes(u, &row.suspects[i], sizeof(row.suspects[i]));
		row.suspects[i].comm[PF_COMM_LEN - 1] = '\0';
	}
	*ret_row = row;
}

void shown_unpack_range(struct unpack *u, struct pf_range *ret_range)
{
	unpack_bytes(u, ret_range, sizeof(*ret_range));
	ret_range->source = NULL;
	ret_range->answer.rule = unpack_text(u);
}

void shown_unpack_exposure(struct unpack *u, struct exposure *ret_exposure)
{
	struct exposure e = { 0 };

	unpack_bytes(u, &e, sizeof(e));
	e.comm[PF_COMM_LEN - 1] = '\0';
	e.path = unpack_text(u);
	e.openers = NULL;
	if (e.n_openers > OPENERS_MAX) {
		u->bad = true;
		e.n_openers = 0;
	}
	*ret_exposure = e;
}

void shown_unpack_opener(struct unpack *u, struct opener *ret_opener)
{
	unpack_bytes(u, ret_opener, sizeof(*ret_opener));
	ret_opener->comm[PF_COMM_LEN - 1] = '\0';
}

void shown_unpack_summary(struct unpack *u, struct summary *ret_sum)
{
	unpack_bytes(u, ret_sum, sizeof(*ret_sum));
}

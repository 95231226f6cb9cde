// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* rows.c - the rows that top shows: as text, in their order, and those that are looked for. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"

static const char *size_of(char text[FMT_SIZE_LEN], __u64 bytes)
{
	return bytes ? fmt_size(text, bytes) : "-";
}

static const char *age_of(const struct model *m, char text[FMT_SIZE_LEN], __u64 since)
{
	return fmt_age(text, m->snap.mono > since ? m->snap.mono - since : 0);
}

static void conn_text(const struct model *m, const struct pf_top_conn *row, char text[MODEL_TEXT])
{
	char bytes[FMT_SIZE_LEN], unsent[FMT_SIZE_LEN], unacked[FMT_SIZE_LEN], unread[FMT_SIZE_LEN];
	char age[FMT_SIZE_LEN], here[FMT_ADDR_LEN], peer[FMT_ADDR_LEN], task[64], sender[4 * 16 + 2];

	kase_task(&row->sender, NULL, task, sizeof(task));
	fmt_cell(sender, sizeof(sender), task, 16, false);
	snprintf(text, MODEL_TEXT, "%5s%s %6s %6s %6s %5s %5u %s%*s %s from %s", size_of(bytes, pf_top_held(row)),
		 row->flags & PF_TOP_CUT ? "+" : " ", size_of(unsent, row->unsent),
		 size_of(unacked, row->unacked), size_of(unread, row->unread),
		 age_of(m, age, row->oldest), row->resends, sender, (int)(16 - fmt_width(sender)), "",
		 fmt_addr(peer, row->tuple.raddr, row->tuple.rport),
		 fmt_addr(here, row->tuple.laddr, row->tuple.lport));
}

static void file_text(const struct model *m, const struct snap_file *row, char text[MODEL_TEXT])
{
	char bytes[FMT_SIZE_LEN], age[FMT_SIZE_LEN], dev[FMT_DEV_LEN], name[SNAP_PATH + 64];

	if (!row->sum.mapping)
		snprintf(name, sizeof(name), "[memory of processes]");
	else if (*row->path)
		snprintf(name, sizeof(name), "%s%s", row->path, row->deleted ? " (deleted)" : "");
	else if (row->ino)
		snprintf(name, sizeof(name), "[%s] inode %llu", fmt_dev(dev, row->dev), row->ino);
	else
		snprintf(name, sizeof(name), "[a file that was gone when it was to be named]");
	snprintf(text, MODEL_TEXT, "%5s  %7u %6u %6s  %s", size_of(bytes, row->sum.bytes), row->sum.pages,
		 row->sum.conns, age_of(m, age, row->sum.oldest), name);
}

static void case_text(const struct view_case *row, char text[MODEL_TEXT])
{
	char time[FMT_TIME_LEN], size[FMT_SIZE_LEN], task[64], writer[4 * 16 + 2], peer[FMT_ADDR_LEN];
	const struct kase *c = &row->kase;
	char file[1200];

	kase_task(&c->inc.writer, NULL, task, sizeof(task));
	fmt_cell(writer, sizeof(writer), task, 16, false);
	snprintf(text, MODEL_TEXT, "%s %-9s%s %-12s %5s %s%*s %s to %s", fmt_clock(time, c->wall_ns, false),
		 pf_verdict_name(c->inc.answer.verdict), c->inc.evidence_lost ? "*" : " ",
		 pf_reason_name(c->inc.answer.reason), fmt_size(size, c->inc.bytes), writer,
		 (int)(16 - fmt_width(writer)), "", kase_file(c, file, sizeof(file)),
		 fmt_addr(peer, c->inc.tuple.raddr, c->inc.tuple.rport));
}

static int downwards(__u64 a, __u64 b)
{
	return (b > a) - (b < a);
}

/* Those that are equal keep one order from frame to frame. */
static int by_conn(const void *a, const void *b, void *sort)
{
	const struct pf_top_conn *x = *(const struct pf_top_conn **)a, *y = *(const struct pf_top_conn **)b;
	enum pf_top_sort by = *(enum pf_top_sort *)sort;
	int order = downwards(pf_top_conn_key(x, by), pf_top_conn_key(y, by));

	order = order ?: downwards(pf_top_held(x), pf_top_held(y));
	return order ?: downwards(y->id, x->id);
}

static int by_file(const void *a, const void *b, void *sort)
{
	const struct snap_file *x = *(const struct snap_file **)a, *y = *(const struct snap_file **)b;
	enum pf_top_sort by = *(enum pf_top_sort *)sort;
	int order = downwards(pf_top_file_key(&x->sum, by), pf_top_file_key(&y->sum, by));

	return order ?: downwards(y->sum.mapping, x->sum.mapping);
}

/* The text of a row is made only if it is searched. */
static bool is_wanted(const struct model *m, const struct model_list *list, size_t i)
{
	char text[MODEL_TEXT];

	if (!*m->find)
		return true;
	model_row_text(m, list, i, text);
	return strstr(text, m->find);
}

static size_t rows_there(const struct model *m, enum model_part part)
{
	switch (part) {
	case MODEL_CONNS:
		return m->snap.said.n_conns;
	case MODEL_FILES:
		return m->snap.said.n_files;
	default:
		return m->n_cases;
	}
}

static const void *row_at(const struct model *m, enum model_part part, size_t i)
{
	switch (part) {
	case MODEL_CONNS:
		return &m->snap.conns[i];
	case MODEL_FILES:
		return &m->snap.files[i];
	default:
		return &m->cases[i];
	}
}

void model_list(const struct model *m, enum model_part part, struct model_list *ret_list)
{
	size_t n = rows_there(m, part);
	enum pf_top_sort sort = m->sort;

	ret_list->part = part;
	ret_list->n = 0;
	for (size_t i = 0; i < n; i++) {
		ret_list->rows[ret_list->n] = row_at(m, part, i);
		ret_list->n += is_wanted(m, ret_list, ret_list->n);
	}
	/* Incidents have the order in which they came. */
	if (part != MODEL_CASES_PART)
		qsort_r(ret_list->rows, ret_list->n, sizeof(*ret_list->rows),
			part == MODEL_CONNS ? by_conn : by_file, &sort);
}

void model_row_text(const struct model *m, const struct model_list *list, size_t i, char text[MODEL_TEXT])
{
	switch (list->part) {
	case MODEL_CONNS:
		conn_text(m, list->rows[i], text);
		break;
	case MODEL_FILES:
		file_text(m, list->rows[i], text);
		break;
	default:
		case_text(list->rows[i], text);
		break;
	}
}

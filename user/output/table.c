// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * table - a line per incident for people, as wide as the terminal. In a narrow
 * terminal the columns of the highest rank are left out first. In a wide one the
 * columns get more room, round by round. Text that does not fit is cut, and '~'
 * marks the cut; JSON has the whole text.
 */
#include <string.h>

#include "base/fmt.h"
#include "groups.h"
#include "sink.h"
#include "summary.h"

#define CELL_LEN 8448	/* the longest path and what stands around it */
#define ROUNDS 6
#define PORT_FROM_WIDTH 18	/* narrower columns have no room for the own port, too */

/* A row of columns[] says everything about a column. The columns have the order of the rows. */
struct column {
	const char *title;
	unsigned int width[ROUNDS];	/* the least; then up to what each round grows it */
	unsigned int rank;		/* left out before columns of a lower rank; 0: never */
	bool right;			/* text stands at the right edge */
	bool coloured;			/* text has the colour of the verdict */
	bool whole;			/* text is not cut if sink.whole_paths */
	void (*cell)(char *buf, const struct shown *shown, unsigned int width);
};

static void task_cell(char *buf, const struct pf_task *task, unsigned int width)
{
	char pid[16], comm[4 * PF_COMM_LEN];
	int n;

	if (pf_task_is_nobody(task)) {
		strcpy(buf, "?");
		return;
	}
	n = snprintf(pid, sizeof(pid), "[%u]", task->pid);
	fmt_cell(comm, sizeof(comm), task->comm, width > (unsigned int)n ? width - n : 1, false);
	sprintf(buf, "%s%s", comm, pid);
}

static void time_cell(char *buf, const struct shown *shown, unsigned int width)
{
	fmt_clock(buf, shown->wall_ns, width >= 12);
}

static void verdict_cell(char *buf, const struct shown *shown, unsigned int width)
{
	(void)width;
	snprintf(buf, CELL_LEN, "%s%s", pf_verdict_name(shown->inc->answer.verdict),
		 shown->inc->evidence_lost ? "*" : "");
}

static void reason_cell(char *buf, const struct shown *shown, unsigned int width)
{
	fmt_cell(buf, CELL_LEN, pf_reason_name(shown->inc->answer.reason), width, false);
}

static void bytes_cell(char *buf, const struct shown *shown, unsigned int width)
{
	(void)width;
	fmt_size(buf, shown->inc->bytes);
}

/* Nobody was seen to write. If it is the sender's own memory, it was hardly anybody else. */
static void writer_cell(char *buf, const struct shown *shown, unsigned int width)
{
	const struct pf_task *writer = &shown->inc->writer;
	bool unseen = writer->how == PF_WRITE_UNKNOWN && !pf_task_is_nobody(writer);

	task_cell(buf, writer, width - unseen);
	if (unseen)
		strcat(buf, "?");
}

static void sender_cell(char *buf, const struct shown *shown, unsigned int width)
{
	char module[64], comm[4 * PF_COMM_LEN], text[sizeof(comm) + sizeof(module)];
	unsigned int n;

	if (!shown->sender_module) {
		task_cell(buf, &shown->inc->sender, width);
		return;
	}
	/* The name of the module says more than the number of a kernel thread. */
	n = snprintf(module, sizeof(module), " [%s]", shown->sender_module);
	if (n >= width) {
		fmt_cell(buf, CELL_LEN, module + 1, width, false);
		return;
	}
	fmt_cell(comm, sizeof(comm), shown->inc->sender.comm, width - n, false);
	snprintf(text, sizeof(text), "%s%s", comm, module);
	fmt_cell(buf, CELL_LEN, text, width, false);
}

/*
 * Both ends if they fit, else our port and the peer. Where these do not fit, either
 * the peer's address is cut, or our port is left out: one of them tells connections
 * of one host apart.
 */
static void connection_cell(char *buf, const struct shown *shown, unsigned int width)
{
	const struct pf_incident *inc = shown->inc;
	char src[FMT_ADDR_LEN], dst[FMT_ADDR_LEN];
	const char *start[3] = { src, NULL, NULL };
	unsigned int head = 0;

	fmt_addr(src, inc->tuple.laddr, inc->tuple.lport);
	fmt_addr(dst, inc->tuple.raddr, inc->tuple.rport);
	start[1] = strrchr(src, ':');
	for (int i = 0; start[i]; i++) {
		if (snprintf(buf, CELL_LEN, "%s>%s", start[i], dst) <= (int)width)
			return;
	}
	if (width >= PORT_FROM_WIDTH)
		head = snprintf(buf, CELL_LEN, "%s>", start[1]);
	fmt_cell(buf + head, CELL_LEN - head, dst, width - head, true);
}

static void phase_cell(char *buf, const struct shown *shown, unsigned int width)
{
	(void)width;
	strcpy(buf, pf_phase_name(shown->inc->answer.phase));
}

static void age_cell(char *buf, const struct shown *shown, unsigned int width)
{
	(void)width;
	fmt_age(buf, shown->inc->age_ns);
}

/*
 * Whoever can make a mount namespace can put any name on any file there. So a path
 * of another namespace than ours must not look like one of ours.
 */
static const char *view_mark(enum path_view view, bool brief)
{
	switch (view) {
	case PATH_WRITER:
		return brief ? "[w]" : "[writer's]";
	case PATH_SENDER:
		return brief ? "[s]" : "[sender's]";
	default:
		return "";
	}
}

/*
 * The range and the mark of a foreign path are never cut. "(deleted)" is added only
 * if the name keeps some room.
 */
static void file_cell(char *buf, const struct shown *shown, unsigned int width)
{
	const struct pf_incident *inc = shown->inc;
	char range[64], dev[FMT_DEV_LEN], inode[64];
	const char *path = shown->path, *mark = shown->deleted ? " (deleted)" : "";
	enum path_view whose = path ? shown->view : PATH_UNKNOWN;
	const char *view = view_mark(whose, false);
	unsigned int tail, head;

	if (pf_incident_no_file(inc)) {
		strcpy(buf, "(user memory)");
		return;
	}
	if (!path) {
		snprintf(inode, sizeof(inode), "[%s] inode %llu", fmt_dev(dev, inc->dev),
			 (unsigned long long)inc->ino);
		path = inode;
	}
	tail = snprintf(range, sizeof(range), "@%llu+%llu", (unsigned long long)inc->file_off,
			(unsigned long long)inc->file_len);
	if (tail + strlen(view) + 12 > width)
		view = view_mark(whose, true);
	head = strlen(view);
	if (tail + head + strlen(mark) + 12 > width)
		mark = "";
	tail += strlen(mark);
	strcpy(buf, view);
	fmt_cell(buf + head, CELL_LEN - head - sizeof(range) - strlen(mark), path,
		 width > tail + head ? width - tail - head : 1, true);
	strcat(strcat(buf, range), mark);
}

static const struct column columns[] = {
	{ .title = "TIME", .width = { 8, 0, 0, 12 }, .rank = 2, .cell = time_cell },
	{ .title = "VERDICT", .width = { 10 }, .coloured = true, .cell = verdict_cell },
	{ .title = "REASON", .width = { 7, 0, 0, 10, 13 }, .rank = 1, .cell = reason_cell },
	{ .title = "BYTES", .width = { 5 }, .rank = 4, .right = true, .cell = bytes_cell },
	{ .title = "WRITER", .width = { 12, 0, 14, 16, 24 }, .cell = writer_cell },
	{ .title = "SENDER", .width = { 12, 0, 14, 16, 24 }, .rank = 5, .cell = sender_cell },
	{ .title = "CONNECTION", .width = { 15, 0, 21, 0, 43 }, .rank = 3,
	  .cell = connection_cell },
	{ .title = "PHASE", .width = { 6 }, .rank = 7, .cell = phase_cell },
	{ .title = "AGE", .width = { 5 }, .rank = 6, .right = true, .cell = age_cell },
	{ .title = "FILE@OFFSET+LENGTH", .width = { 20, 24, 0, 30, 40, -1 }, .whole = true,
	  .cell = file_cell },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static unsigned int total(const unsigned int width[COLUMNS])
{
	unsigned int sum = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		sum += width[i] ? width[i] + 1 : 0;
	return sum - 1;
}

/* Give each column its least width, and 0 to those for which there is no room. */
static void lay_out_least(unsigned int room, unsigned int ret_width[COLUMNS])
{
	unsigned int rank = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		ret_width[i] = columns[i].width[0];
		if (columns[i].rank > rank)
			rank = columns[i].rank;
	}
	for (; rank && total(ret_width) > room; rank--) {
		for (size_t i = 0; i < COLUMNS; i++)
			ret_width[i] = columns[i].rank == rank ? 0 : ret_width[i];
	}
}

static void grow(const struct sink *sink, int round, unsigned int width[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		unsigned int used = total(width), want = columns[i].width[round];

		if (!width[i] || width[i] >= want || used >= sink->width ||
		    (columns[i].whole && sink->whole_paths))
			continue;
		if (want - width[i] > sink->width - used)
			want = width[i] + sink->width - used;
		width[i] = want;
	}
}

/* Compute the widths of all columns. A column that is left out has 0. */
static void lay_out(const struct sink *sink, unsigned int ret_width[COLUMNS])
{
	lay_out_least(sink->width, ret_width);
	for (int round = 1; round < ROUNDS; round++)
		grow(sink, round, ret_width);
}

static const char *colour_of(enum pf_verdict verdict)
{
	static const char *const colours[PF_VERDICT_MAX] = {
		[PF_VERDICT_IDENTICAL] = "\033[2m",
		[PF_VERDICT_NEAR_MISS] = "\033[32m",
		[PF_VERDICT_POSSIBLE] = "\033[33m",
		[PF_VERDICT_MIXED] = "\033[35m",
		[PF_VERDICT_CORRUPT] = "\033[1;31m",
	};

	return colours[verdict];
}

/* Print `blanks` blanks and a cell. Returns how many blanks belong in front of the next cell. */
static int put_cell(FILE *out, int blanks, const struct column *column, unsigned int width,
		    const char *text, const char *colour)
{
	unsigned int have = fmt_width(text);
	int pad = have < width ? width - have : 0;

	fprintf(out, "%*s%s%s%s", blanks + (column->right ? pad : 0), "", colour ? colour : "",
		text, colour ? "\033[0m" : "");
	return column->right ? 1 : pad + 1;
}

static int table_open(struct sink *sink)
{
	unsigned int width[COLUMNS];
	int blanks = 0;

	lay_out(sink, width);
	for (size_t i = 0; i < COLUMNS; i++) {
		if (width[i])
			blanks = put_cell(sink->out, blanks, &columns[i], width[i],
					  columns[i].title, NULL);
	}
	fputc('\n', sink->out);
	return sink_flush(sink->out);
}

/*
 * Print a line of its own below the incident: who may have written, in as many
 * names as fit. A writer who was seen is named in the incident already.
 */
static void put_suspects(struct sink *sink, const struct shown *shown)
{
	static const char begin[] = "  mapped writable by", more[] = " ...";
	static const char none[] = "  mapped writable by nobody now";
	static const char unknown[] = "  by whom it is mapped writable is not known";
	unsigned int used = 0;
	bool cut = shown->suspects_cut;

	for (size_t i = 0; i < shown->n_suspects; i++) {
		const struct suspect *who = &shown->suspects[i];
		char name[4 * PF_COMM_LEN + 16];

		if (who->pid == shown->inc->writer.pid)
			continue;
		if (!used)
			used = fprintf(sink->out, "%s", begin);
		fmt_cell(name, sizeof(name), who->comm, PF_COMM_LEN, false);
		sprintf(name + strlen(name), "[%u]", who->pid);
		used += 1 + fmt_width(name);
		if (used + sizeof(more) - 1 > sink->width) {
			cut = true;
			break;
		}
		fprintf(sink->out, " %s", name);
	}
	if (used)
		fprintf(sink->out, "%s\n", cut ? more : "");
	else if (pf_task_is_nobody(&shown->inc->writer))
		fprintf(sink->out, "%s\n", cut ? unknown : none);
}

static void put_incident(struct sink *sink, const struct shown *shown)
{
	const char *colour = sink->colour ? colour_of(shown->inc->answer.verdict) : NULL;
	unsigned int width[COLUMNS];
	char text[CELL_LEN];
	int blanks = 0;

	lay_out(sink, width);
	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *column = &columns[i];
		bool whole = column->whole && sink->whole_paths;

		if (!width[i])
			continue;
		column->cell(text, shown, whole ? CELL_LEN : width[i]);
		blanks = put_cell(sink->out, blanks, column, width[i], text,
				  column->coloured ? colour : NULL);
	}
	fputc('\n', sink->out);
}

/* What was counted in place of being shown, in a line. */
static void put_group(struct sink *sink, const struct group *group)
{
	char who[4 * PF_COMM_LEN + 16], path[4 * sizeof(group->path) + 2], size[FMT_SIZE_LEN];
	char line[sizeof(who) + sizeof(path) + 128], clean[4 * sizeof(line)];

	task_cell(who, &group->writer, PF_COMM_LEN + 8);
	fmt_cell(path, sizeof(path), *group->path ? group->path : "?", sizeof(group->path), true);
	snprintf(line, sizeof(line), "  and %llu more %s within a second, %s bytes: %s %s",
		 group->more, pf_verdict_name(group->verdict), fmt_size(size, group->bytes), who, path);
	fmt_cell(clean, sizeof(clean), line, sink->whole_paths ? sizeof(line) : sink->width, false);
	fprintf(sink->out, "%s\n", clean);
}

static int table_incident(struct sink *sink, const struct shown *shown)
{
	if (sink->groups && !groups_take(sink->groups, shown, sink->now))
		return 0;
	put_incident(sink, shown);
	if (shown->suspects_sought)
		put_suspects(sink, shown);
	return sink_flush(sink->out);
}

static int table_tick(struct sink *sink, bool end)
{
	const struct group *group;

	if (!sink->groups)
		return 0;
	while ((group = groups_due(sink->groups, end ? GROUPS_ALL : sink->now)))
		put_group(sink, group);
	return sink_flush(sink->out);
}

static int table_summary(struct sink *sink, const struct summary *sum)
{
	summary_print(sink->out, sum);
	return sink_flush(sink->out);
}

const struct sink_ops sink_table = {
	.open = table_open,
	.incident = table_incident,
	.summary = table_summary,
	.tick = table_tick,
};

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * table - a line per incident for people, as wide as the terminal. In a
 * narrow one the columns of the highest rank go first; the file comes last and
 * takes what is left. What does not fit is cut and marked by '~', for the whole
 * of it there is JSON.
 */
#include <string.h>

#include "base/fmt.h"
#include "sink.h"
#include "summary.h"

enum column_id {
	TIME, VERDICT, BYTES, WRITER, SENDER, CONNECTION, PHASE, AGE, FILE_RANGE, COLUMNS
};

#define CELL_LEN 8448	/* the longest path and what stands around it */

struct column {
	const char *title;
	unsigned int min;	/* below this width it is left out */
	unsigned int rank;	/* left out before those with a lower one; 0: never */
	bool right;
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
	snprintf(buf, CELL_LEN, "%s%s", comm, pid);
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

static void bytes_cell(char *buf, const struct shown *shown, unsigned int width)
{
	(void)width;
	fmt_size(buf, shown->inc->bytes);
}

static void writer_cell(char *buf, const struct shown *shown, unsigned int width)
{
	task_cell(buf, &shown->inc->writer, width);
}

static void sender_cell(char *buf, const struct shown *shown, unsigned int width)
{
	char module[64], comm[4 * PF_COMM_LEN];
	unsigned int n;

	if (!shown->sender_module) {
		task_cell(buf, &shown->inc->sender, width);
		return;
	}
	/* The module says more than the number of some kernel thread. */
	n = snprintf(module, sizeof(module), " [%s]", shown->sender_module);
	if (n >= width) {
		fmt_cell(buf, CELL_LEN, module + 1, width, false);
		return;
	}
	fmt_cell(comm, sizeof(comm), shown->inc->sender.comm, width - n, false);
	snprintf(buf, CELL_LEN, "%s%s", comm, module);
}

/* Both ends, or only the port of ours, or only the peer: what fits. */
static void connection_cell(char *buf, const struct shown *shown, unsigned int width)
{
	const struct pf_incident *inc = shown->inc;
	char src[FMT_ADDR_LEN], dst[FMT_ADDR_LEN];
	const char *start[3] = { src, NULL, NULL };

	fmt_addr(src, inc->tuple.laddr, inc->tuple.lport);
	fmt_addr(dst, inc->tuple.raddr, inc->tuple.rport);
	start[1] = strrchr(src, ':');
	for (int i = 0; start[i]; i++) {
		if (snprintf(buf, CELL_LEN, "%s>%s", start[i], dst) <= (int)width)
			return;
	}
	fmt_cell(buf, CELL_LEN, dst, width, true);
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

/* The range is never cut; "(deleted)" stands there only if the name has room. */
static void file_cell(char *buf, const struct shown *shown, unsigned int width)
{
	const struct pf_incident *inc = shown->inc;
	char range[64], dev[FMT_DEV_LEN], inode[64];
	const char *path = shown->path, *mark = shown->deleted ? " (deleted)" : "";
	unsigned int tail;

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
	if (tail + strlen(mark) + 12 > width)
		mark = "";
	tail += strlen(mark);
	fmt_cell(buf, CELL_LEN - sizeof(range) - strlen(mark), path,
		 width > tail ? width - tail : 1, true);
	strcat(strcat(buf, range), mark);
}

static const struct column columns[COLUMNS] = {
	[TIME] = { "TIME", 8, 1, false, time_cell },
	[VERDICT] = { "VERDICT", 10, 0, false, verdict_cell },
	[BYTES] = { "BYTES", 5, 2, true, bytes_cell },
	[WRITER] = { "WRITER", 12, 0, false, writer_cell },
	[SENDER] = { "SENDER", 12, 4, false, sender_cell },
	[CONNECTION] = { "CONNECTION", 15, 3, false, connection_cell },
	[PHASE] = { "PHASE", 6, 6, false, phase_cell },
	[AGE] = { "AGE", 5, 5, true, age_cell },
	[FILE_RANGE] = { "FILE@OFFSET+LENGTH", 20, 0, false, file_cell },
};

/* Who gets the room beyond the minimum, in turn. */
static const struct {
	enum column_id id;
	unsigned int width;
} growth[] = {
	{ FILE_RANGE, 24 },
	{ WRITER, 14 },
	{ SENDER, 14 },
	{ CONNECTION, 21 },
	{ FILE_RANGE, 30 },
	{ WRITER, 16 },
	{ SENDER, 16 },
	{ TIME, 12 },
	{ FILE_RANGE, 40 },
	{ WRITER, 24 },
	{ SENDER, 24 },
	{ CONNECTION, 43 },
	{ FILE_RANGE, -1 },
};

static unsigned int total(const unsigned int width[COLUMNS])
{
	unsigned int sum = 0;

	for (int i = 0; i < COLUMNS; i++)
		sum += width[i] ? width[i] + 1 : 0;
	return sum - 1;
}

/* Widths of all columns, 0 for those left out. */
static void lay_out(const struct sink *sink, unsigned int ret_width[COLUMNS])
{
	unsigned int room = sink->width, rank = 0;

	for (int i = 0; i < COLUMNS; i++) {
		ret_width[i] = columns[i].min;
		if (columns[i].rank > rank)
			rank = columns[i].rank;
	}
	for (; rank && total(ret_width) > room; rank--) {
		for (int i = 0; i < COLUMNS; i++)
			ret_width[i] = columns[i].rank == rank ? 0 : ret_width[i];
	}
	for (size_t i = 0; i < sizeof(growth) / sizeof(growth[0]); i++) {
		unsigned int *width = &ret_width[growth[i].id];
		unsigned int used = total(ret_width);
		unsigned int more;

		if (used >= room)
			break;
		if (!*width || *width >= growth[i].width ||
		    (growth[i].id == FILE_RANGE && sink->whole_paths))
			continue;
		more = growth[i].width - *width;
		*width += more < room - used ? more : room - used;
	}
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

static void put_cell(struct sink *sink, int id, const char *text, unsigned int width,
		     const char *colour)
{
	unsigned int have = fmt_width(text);
	int pad = have < width ? width - have : 0;

	if (columns[id].right)
		fprintf(sink->out, "%*s", pad, "");
	fprintf(sink->out, "%s%s%s", colour ? colour : "", text, colour ? "\033[0m" : "");
	if (id == COLUMNS - 1)
		fputc('\n', sink->out);
	else
		fprintf(sink->out, "%*s", columns[id].right ? 1 : pad + 1, "");
}

static int table_open(struct sink *sink)
{
	unsigned int width[COLUMNS];

	lay_out(sink, width);
	for (int i = 0; i < COLUMNS; i++) {
		if (width[i])
			put_cell(sink, i, columns[i].title, width[i], NULL);
	}
	return sink_flush(sink->out);
}

/*
 * A line of its own below the incident: who may have written, in as many names
 * as fit. One of whom it is known stands above already.
 */
static void put_suspects(struct sink *sink, const struct shown *shown)
{
	static const char begin[] = "  mapped writable by", more[] = " ...";
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
	if (!used && pf_task_is_nobody(&shown->inc->writer))
		used = fprintf(sink->out, "%s%s", begin, cut ? "" : " nobody now");
	if (used)
		fprintf(sink->out, "%s\n", cut ? more : "");
}

static int table_incident(struct sink *sink, const struct shown *shown)
{
	const char *colour = sink->colour ? colour_of(shown->inc->answer.verdict) : NULL;
	unsigned int width[COLUMNS];
	char text[CELL_LEN];

	lay_out(sink, width);
	for (int i = 0; i < COLUMNS; i++) {
		bool whole = i == FILE_RANGE && sink->whole_paths;

		if (!width[i])
			continue;
		columns[i].cell(text, shown, whole ? CELL_LEN : width[i]);
		put_cell(sink, i, text, width[i], i == VERDICT ? colour : NULL);
	}
	if (shown->suspects_sought)
		put_suspects(sink, shown);
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
};

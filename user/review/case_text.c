// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * case_text.c - see case_text.h. Time goes to the right: above, how long the socket held
 * the bytes; below, the write. Letters: A attach, S first transmission that was seen, K
 * acknowledged, R read here, X aborted or dropped, W the write.
 */
#include "case_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fmt.h"
#include "bytemap.h"
#include "crossing.h"

#define WIDTH 79
#define LEFT 10			/* columns of names */
#define LINE (WIDTH - LEFT)	/* columns of time */
#define TEXT 1024

static int column(const struct axis *axis, __u64 time)
{
	if (time <= axis->from)
		return 0;
	if (time >= axis->to)
		return LINE - 1;
	return (int)((double)(time - axis->from) * (LINE - 1) / (axis->to - axis->from));
}

/* Names come from anybody. */
static void line(FILE *out, const char *text)
{
	char clean[4 * WIDTH + 2];

	fmt_cell(clean, sizeof(clean), text, WIDTH, false);
	for (size_t n = strlen(clean); n && clean[n - 1] == ' '; n--)
		clean[n - 1] = '\0';
	fprintf(out, "%s\n", clean);
}

static void fill(char *row, int from, int to, char with)
{
	for (int i = from; i < to; i++)
		row[i] = with;
}

static char end_letter(const struct crossing *x)
{
	return !x->end ? '>' : x->end == PF_END_ACKED ? 'K' : x->end == PF_END_READ ? 'R' : 'X';
}

/* A label below its letter, or left of it where the line ends, if there is room for it. */
static void label(char *row, int at, const char *text)
{
	int len = strlen(text), from = at + len <= LINE ? at : at + 1 - len;

	for (int i = from > 0 ? from - 1 : 0; i <= from + len && i < LINE; i++)
		if (row[i] != ' ')
			return;
	if (from >= 0)
		memcpy(row + from, text, len);
}

static void row(FILE *out, const char *name, const char *marks)
{
	char text[TEXT], cell[64];

	fmt_cell(cell, sizeof(cell), name, LEFT - 2, false);
	snprintf(text, sizeof(text), "%-*s%.*s", LEFT, cell, LINE, marks);
	line(out, text);
}

static void put_axis(FILE *out, const struct axis *axis)
{
	char marks[LINE + 1] = "", age[FMT_SIZE_LEN], text[FMT_SIZE_LEN + 1];

	memset(marks, ' ', LINE);
	for (int i = 0; i <= 4; i++) {
		__u64 at = (axis->to - axis->from) / 4 * i;

		snprintf(text, sizeof(text), "+%s", i ? fmt_age(age, at) : "0");
		label(marks, column(axis, axis->from + at), text);
	}
	row(out, "", marks);
}

static void put_held(FILE *out, const struct kase *c, const struct crossing *x, const struct axis *axis)
{
	char marks[LINE + 1] = "", labels[LINE + 1] = "";
	int begin = column(axis, x->attached), end = column(axis, x->ended ? x->ended : axis->to);
	int sent = x->sent ? column(axis, x->sent) : end;

	memset(marks, ' ', LINE);
	memset(labels, ' ', LINE);
	fill(marks, begin, sent, '=');
	fill(marks, sent, end, '~');
	if (x->sent)
		marks[sent] = 'S';
	marks[begin] = 'A';
	marks[end] = end_letter(x);
	label(labels, begin, "^attach");
	if (x->end)
		label(labels, end, x->end == PF_END_ACKED ? "^ack" : x->end == PF_END_READ ? "^read" : "^gone");
	if (x->sent)
		label(labels, sent, "^sent");
	row(out, c->inc.sender.comm[0] ? c->inc.sender.comm : "?", marks);
	row(out, "holds", labels);
}

static void put_write(FILE *out, const struct kase *c, const struct crossing *x, const struct axis *axis)
{
	char marks[LINE + 1] = "", labels[LINE + 1] = "", text[80], after[FMT_SIZE_LEN], took[FMT_SIZE_LEN];
	int begin = column(axis, x->began), end = column(axis, x->written);

	memset(marks, ' ', LINE);
	memset(labels, ' ', LINE);
	fill(marks, begin, end + 1, 'W');
	snprintf(text, sizeof(text), "^+%s, took %s", fmt_age(after, x->began - x->attached),
		 fmt_age(took, x->written - x->began));
	label(labels, begin, text);
	row(out, c->inc.writer.comm[0] ? c->inc.writer.comm : "?", marks);
	row(out, "writes", labels);
}

static void put_story(FILE *out, const struct crossing *x)
{
	char held[FMT_SIZE_LEN], into[FMT_SIZE_LEN], before[FMT_SIZE_LEN], text[TEXT];
	int n = snprintf(text, sizeof(text), "%*soverwritten %s after the attach", LEFT, "",
		     fmt_age(into, x->written > x->attached ? x->written - x->attached : 0));
	if (x->sent > x->written)
		snprintf(text + n, sizeof(text) - n, ", %s before it was transmitted",
			 fmt_age(before, x->sent - x->written));
	line(out, text);
	if (x->end)
		snprintf(text, sizeof(text), "%*sheld for %s, then %s", LEFT, "",
			 fmt_age(held, x->ended - x->attached), crossing_end_text(x->end));
	else
		snprintf(text, sizeof(text), "%*sits end was not seen", LEFT, "");
	line(out, text);
}

/* The end of a path says more than its begin. The page has what the names of it tell. */
static void put_who(FILE *out, const struct pf_task *task, const struct pf_who *who, const char *cgroup)
{
	char text[TEXT], clean[4 * WIDTH + 2];
	int n = snprintf(text, sizeof(text), "       ");

	kase_who(task, who, text + n, sizeof(text) - n);
	if (!text[n])
		return;
	if (cgroup && strlen(text) + sizeof(", in ") < WIDTH) {
		fmt_cell(clean, sizeof(clean), cgroup, WIDTH - strlen(text) - strlen(", in "), true);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", in %s", clean);
	}
	line(out, text);
}

static void put_head(FILE *out, const struct kase *c)
{
	char size[FMT_SIZE_LEN], time[FMT_TIME_LEN], writer[TEXT], sender[TEXT], file[TEXT];
	char src[FMT_ADDR_LEN], dst[FMT_ADDR_LEN], clean[4 * WIDTH + 2], text[3 * TEXT];

	snprintf(text, sizeof(text), "case %llu: %s (%s)  %s bytes  %s%s", c->n,
		 pf_verdict_name(c->inc.answer.verdict), pf_reason_name(c->inc.answer.reason),
		 fmt_size(size, c->inc.bytes), fmt_time(time, c->wall_ns),
		 c->inc.evidence_lost ? "  evidence was lost" : "");
	line(out, text);
	snprintf(text, sizeof(text), "  %s", c->inc.answer.rule);
	line(out, text);
	snprintf(text, sizeof(text), "writer %s by %s", kase_task(&c->inc.writer, NULL, writer, sizeof(writer)),
		 pf_writer_how_name(c->inc.writer.how));
	if (c->suspects)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", mapped writable by %s",
			 *c->suspects ? c->suspects : "nobody then");
	line(out, text);
	put_who(out, &c->inc.writer, &c->inc.writer_who, c->writer_cgroup);
	snprintf(text, sizeof(text), "sender %s by %s, %s > %s",
		 kase_task(&c->inc.sender, c->module, sender, sizeof(sender)),
		 pf_sender_how_name(c->inc.sender.how), fmt_addr(src, c->inc.tuple.laddr, c->inc.tuple.lport),
		 fmt_addr(dst, c->inc.tuple.raddr, c->inc.tuple.rport));
	line(out, text);
	put_who(out, &c->inc.sender, &c->inc.sender_who, c->sender_cgroup);
	fmt_cell(clean, sizeof(clean), kase_file(c, file, sizeof(file)), WIDTH - 7, true);
	snprintf(text, sizeof(text), "file   %s", clean);
	line(out, text);
}

static void put_map(FILE *out, const struct kase *c)
{
	bool stream = pf_incident_no_file(&c->inc);
	struct bytemap map;
	char text[TEXT], size[FMT_SIZE_LEN];

	bytemap_of(c, stream, &map);
	snprintf(text, sizeof(text), "%s, a mark is %s bytes:  # wrong  ? perhaps  . as meant  - not in question",
		 stream ? "stream" : "file", fmt_size(size, map.scale));
	line(out, text);
	for (size_t at = 0; at < map.n; at += 64) {
		snprintf(text, sizeof(text), "%13llu %.*s", map.from + at * map.scale,
			 (int)(map.n - at < 64 ? map.n - at : 64), map.marks + at);
		line(out, text);
	}
	snprintf(text, sizeof(text), "stream: bytes %llu to %llu, %llu of them %s", c->inc.stream_off,
		 c->inc.stream_off + c->inc.stream_len - 1, c->inc.bytes,
		 bytemap_wrong(c->inc.answer.verdict) ? "wrong" : "with this verdict");
	line(out, text);
}

static void put_evidence(FILE *out, const struct kase *c)
{
	const char *left = c->evidence;
	char text[TEXT];

	for (int i = 0; left && *left && i < 2; i++) {
		size_t room = WIDTH - LEFT, len = strlen(left);

		if (len > room) {
			for (len = room; len > room / 2 && left[len] != ' '; len--)
				;
		}
		snprintf(text, sizeof(text), "%-*s%.*s", LEFT, i ? "" : "evidence", (int)len, left);
		line(out, text);
		left += len;
		left += *left == ' ';
	}
	snprintf(text, sizeof(text), "%-*s%s", LEFT, "cure", crossing_cure(c));
	line(out, text);
}

void case_draw(FILE *out, const struct kase *c, const struct crossing *x)
{
	struct axis axis = crossing_axis(x);

	put_head(out, c);
	put_axis(out, &axis);
	put_held(out, c, x, &axis);
	put_write(out, c, x, &axis);
	put_story(out, x);
	fputc('\n', out);
	put_map(out, c);
	put_evidence(out, c);
}

void case_print(FILE *out, const struct review *v, const struct kase *c)
{
	struct crossing x;

	crossing_of(v, c, &x);
	case_draw(out, c, &x);
}

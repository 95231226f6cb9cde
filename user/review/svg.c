// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* svg.c - the pictures of html.h. Classes are coloured by the page's own style. */
#include "html.h"

#include <string.h>

#include "base/fmt.h"
#include "bytemap.h"
#include "crossing.h"
#include "heat.h"

#define WIDTH 900
#define LEFT 110
#define ROOM (WIDTH - LEFT - 10)

static double x_of(const struct axis *axis, __u64 time)
{
	if (time <= axis->from)
		return LEFT;
	if (time >= axis->to)
		return LEFT + ROOM;
	return LEFT + (double)(time - axis->from) * ROOM / (axis->to - axis->from);
}

static void bar(FILE *out, const char *class, double from, double to, int y, int height)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", class, from, y,
		to - from > 2 ? to - from : 2, height);
}

static void label(FILE *out, double x, int y, const char *anchor, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
	html_text(out, text, 60);
	fputs("</text>\n", out);
}

static void put_axis(FILE *out, const struct axis *axis, int height)
{
	char age[FMT_SIZE_LEN], text[FMT_SIZE_LEN + 1];

	for (int i = 0; i <= 4; i++) {
		__u64 at = axis->from + (axis->to - axis->from) / 4 * i;
		double x = x_of(axis, at);

		snprintf(text, sizeof(text), "+%s", i ? fmt_age(age, at - axis->from) : "0");
		fprintf(out, "<line class=\"tick\" x1=\"%.1f\" y1=\"18\" x2=\"%.1f\" y2=\"%d\"/>\n", x, x, height);
		label(out, x, 12, i == 4 ? "end" : i ? "middle" : "start", text);
	}
}

static void put_held(FILE *out, const struct kase *c, const struct crossing *x, const struct axis *axis)
{
	double begin = x_of(axis, x->attached), end = x_of(axis, x->ended ? x->ended : axis->to);
	double sent = x->sent ? x_of(axis, x->sent) : end;
	char name[64];

	label(out, LEFT - 8, 42, "end", kase_task(&c->inc.sender, c->module, name, sizeof(name)));
	bar(out, "queued", begin, sent, 28, 20);
	if (x->sent)
		bar(out, "sent", sent, end, 28, 20);
	label(out, begin, 62, "start", "attach");
	if (x->sent)
		label(out, sent, 62, "middle", "sent");
	label(out, end, 62, "end", x->end ? crossing_end_text(x->end) : "its end was not seen");
}

static void put_write(FILE *out, const struct kase *c, const struct crossing *x, const struct axis *axis)
{
	double begin = x_of(axis, x->began), end = x_of(axis, x->written);
	char name[64], text[96], after[FMT_SIZE_LEN], took[FMT_SIZE_LEN];

	label(out, LEFT - 8, 92, "end", kase_task(&c->inc.writer, NULL, name, sizeof(name)));
	bar(out, "write", begin, end, 78, 20);
	bar(out, "hit", begin, end, 28, 20);
	snprintf(text, sizeof(text), "%s at +%s, took %s", pf_writer_how_name(c->inc.writer.how),
		 fmt_age(after, x->began > x->attached ? x->began - x->attached : 0),
		 fmt_age(took, x->written - x->began));
	label(out, begin, 112, begin > LEFT + ROOM / 2 ? "end" : "start", text);
}

void svg_crossing(FILE *out, const struct review *v, const struct kase *c)
{
	struct crossing x;
	struct axis axis;

	crossing_of(v, c, &x);
	axis = crossing_axis(&x);
	fprintf(out, "<svg viewBox=\"0 0 %d 118\" role=\"img\" aria-label=\"how long the socket held the bytes, "
		"and the write\">\n", WIDTH);
	put_axis(out, &axis, 100);
	put_held(out, c, &x, &axis);
	put_write(out, c, &x, &axis);
	fputs("</svg>\n", out);
}

static const char *class_of(char mark)
{
	return mark == '#' ? "wrong" : mark == '?' ? "perhaps" : mark == '.' ? "meant" : "none";
}

void svg_bytes(FILE *out, const struct kase *c)
{
	bool stream = pf_incident_no_file(&c->inc);
	struct bytemap map;
	char text[96];
	double step;

	bytemap_of(c, stream, &map);
	step = (double)ROOM / (map.n ? map.n : 1);
	fprintf(out, "<svg viewBox=\"0 0 %d 46\" role=\"img\" aria-label=\"which bytes are wrong\">\n", WIDTH);
	label(out, LEFT - 8, 18, "end", stream ? "stream" : "file");
	for (size_t i = 0, end; i < map.n; i = end) {
		for (end = i + 1; end < map.n && map.marks[end] == map.marks[i]; end++)
			;
		bar(out, class_of(map.marks[i]), LEFT + i * step, LEFT + end * step, 6, 16);
	}
	snprintf(text, sizeof(text), "%llu", map.from);
	label(out, LEFT, 38, "start", text);
	snprintf(text, sizeof(text), "%llu", map.from + map.n * map.scale);
	label(out, LEFT + ROOM, 38, "end", text);
	fputs("</svg>\n", out);
}

static void put_cell(FILE *out, const struct heat *heat, int slot, int column)
{
	int y = 10 + 14 * (heat->high - slot);
	double step = (double)ROOM / HEAT_COLUMNS, x = LEFT + column * step;
	__u64 pages = heat->pages[slot][column];
	const char *heats[] = { "heat1", "heat2", "heat3", "heat4" };
	int level = pages >= 1000 ? 3 : pages >= 100 ? 2 : pages >= 10 ? 1 : 0;

	if (pages)
		bar(out, heats[level], x, x + step, y, 13);
	if (heat->marks[slot][column])
		fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%d\" r=\"5\"/>\n",
			heat->marks[slot][column] == 'C' ? "wrong" : "meant", x + step / 2, y + 6);
}

void svg_heat(FILE *out, const struct review *v)
{
	char age[FMT_SIZE_LEN], clock[FMT_TIME_LEN];
	struct heat heat;
	int height;

	heat_of(v, &heat);
	if (heat.low > heat.high)
		return;
	height = 14 * (heat.high - heat.low + 1);
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"how long pages were in flight, over "
		"time\">\n", WIDTH, height + 34);
	for (int slot = heat.high; slot >= heat.low; slot--) {
		label(out, LEFT - 8, 21 + 14 * (heat.high - slot), "end",
		      fmt_age(age, slot ? 1000ull << (slot - 1) : 0));
		for (int i = 0; i < HEAT_COLUMNS; i++)
			put_cell(out, &heat, slot, i);
	}
	for (int i = 0; i <= 4; i++) {
		__u64 mono = heat.from + (heat.to - heat.from) / 4 * i;

		label(out, LEFT + (double)ROOM / 4 * i, height + 28, i == 4 ? "end" : i ? "middle" : "start",
		      fmt_clock(clock, reader_wall(v->r, mono), false));
	}
	fputs("</svg>\n", out);
}

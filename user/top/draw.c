// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * draw.c - a model as a frame: three lines of sums, then parts one below the other, and a line
 * of keys. Each part gets its share of the lines, and those that another one does not need.
 */
#include "model.h"

#include <string.h>

#include "base/clock.h"
#include "base/fmt.h"

#define HEAD_LINES 3
#define FOOT_LINES 1

struct area {
	unsigned int y;		/* of the title */
	unsigned int rows;	/* below it */
};

static const char *const titles[MODEL_PARTS] = {
	[MODEL_CONNS] =
"BYTES  UNSENT  UNACK UNREAD   AGE RETRN SENDER           PEER, AND FROM WHERE",
	[MODEL_FILES] =
"BYTES    PAGES  CONNS    AGE  FILE",
	[MODEL_CASES_PART] =
"TIME     VERDICT    REASON       BYTES WRITER           FILE, AND TO WHOM",
};

static void divide(const struct model_list lists[MODEL_PARTS], unsigned int height,
		   struct area ret_areas[MODEL_PARTS])
{
	unsigned int taken = HEAD_LINES + FOOT_LINES + MODEL_PARTS, y = HEAD_LINES;
	unsigned int left = height > taken ? height - taken : 0, share = left / MODEL_PARTS;

	for (int i = 0; i < MODEL_PARTS; i++) {
		ret_areas[i].rows = lists[i].n < share ? lists[i].n : share;
		left -= ret_areas[i].rows;
	}
	for (int i = 0; i < MODEL_PARTS; i++) {
		size_t more = lists[i].n - ret_areas[i].rows;

		more = more < left ? more : left;
		ret_areas[i].rows += more;
		left -= more;
	}
	for (int i = 0; i < MODEL_PARTS; i++) {
		ret_areas[i].y = y;
		y += 1 + ret_areas[i].rows;
	}
}

static void draw_part(struct model *m, const struct model_list *list, const struct area *area,
		      struct canvas *canvas)
{
	size_t *chosen = &m->chosen[list->part], first = 0;
	char text[MODEL_TEXT];

	canvas_put(canvas, area->y, CANVAS_TITLE, "%s", titles[list->part]);
	if (*chosen >= list->n)
		*chosen = list->n ? list->n - 1 : 0;
	if (*chosen >= area->rows)
		first = *chosen - area->rows + 1;
	for (unsigned int i = 0; i < area->rows && first + i < list->n; i++) {
		bool is_chosen = !m->no_keys && list->part == m->part && first + i == *chosen;

		model_row_text(m, list, first + i, text);
		canvas_put(canvas, area->y + 1 + i, is_chosen ? CANVAS_CHOSEN : CANVAS_PLAIN, "%s", text);
	}
}

static void draw_sums(const struct model *m, struct canvas *canvas)
{
	const struct snap *s = &m->snap;
	char time[FMT_TIME_LEN], age[FMT_SIZE_LEN], size[FMT_SIZE_LEN], lost[64] = "nothing was lost";
	char find[MODEL_FIND + 16] = "";

	if (m->typing)
		snprintf(find, sizeof(find), "  find: %s_", m->typed);
	else if (*m->find)
		snprintf(find, sizeof(find), "  only: %s", m->find);
	if (!m->has_snap) {
		canvas_put(canvas, 0, CANVAS_STRONG, "pageflight top");
		return;
	}
	canvas_put(canvas, 0, CANVAS_STRONG, "pageflight top  %s  every %s  by %s%s%s",
		   fmt_clock(time, s->wall_ns, false), fmt_age(age, s->every_ns),
		   view_sort_names[m->sort], m->paused ? "  PAUSED" : "", find);
	if (s->lost)
		snprintf(lost, sizeof(lost), "%llu losses", s->lost);
	canvas_put(canvas, 1, CANVAS_PLAIN, "in flight: %s in %llu pages of %llu connections%s; %s",
		   fmt_size(size, s->said.bytes), s->said.pages, s->said.conns,
		   s->said.cut || s->said.files_full ? ", not all of them counted" : "", lost);
	canvas_put(canvas, 2, CANVAS_PLAIN, "incidents: %llu corrupt, %llu mixed, %llu possible, "
		   "%llu near-miss, %llu identical", s->incidents[PF_VERDICT_CORRUPT],
		   s->incidents[PF_VERDICT_MIXED], s->incidents[PF_VERDICT_POSSIBLE],
		   s->incidents[PF_VERDICT_NEAR_MISS], s->incidents[PF_VERDICT_IDENTICAL]);
}

static const char help[] =
"What TCP sockets hold by reference now, and who overwrites it meanwhile.\n"
"\n"
"  s S        sort by the next, or the one before: bytes, age, unsent, unacked,\n"
"             unread, resent\n"
"  /          show only rows with a text: Enter takes it, Esc goes back to all\n"
"  p, space   pause: the lists stand still; incidents still come\n"
"  Tab        the next list\n"
"  up down    choose a row, or scroll; k j, page up and page down as well\n"
"  Enter      of an incident: where write and flight cross, and the evidence\n"
"  m          messages\n"
"  Esc        back\n"
"  q          quit\n"
"\n"
"BYTES    held by reference: unsent, unacked and unread together. '+': at least\n"
"UNSENT   not given to the network yet\n"
"UNACK    sent, and not acknowledged\n"
"UNREAD   acknowledged, and not read by a reader on this host\n"
"AGE      of the oldest page\n"
"RETRN    retransmissions of the connection\n"
"\n"
"The lists of connections and files have the 64 that are the worst by the order\n"
"that was chosen. Of files this is their age, or else their bytes.\n";

/* Lines of a text, from the one on that was scrolled to. */
static void draw_text(struct model *m, const char *text, struct canvas *canvas)
{
	unsigned int rows = canvas->height > FOOT_LINES ? canvas->height - FOOT_LINES : 0;
	size_t lines = 0, line = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	if (m->scroll + rows > lines)
		m->scroll = lines > rows ? lines - rows : 0;
	for (; *text && line < m->scroll + rows; line++) {
		size_t len = strcspn(text, "\n");

		if (line >= m->scroll)
			canvas_put(canvas, line - m->scroll, CANVAS_PLAIN, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void draw_messages(struct model *m, struct canvas *canvas)
{
	size_t rows = canvas->height - FOOT_LINES, first;

	if (!m->n_messages)
		canvas_put(canvas, 0, CANVAS_PLAIN, "There are no messages.");
	first = m->n_messages > rows ? m->n_messages - rows : 0;
	for (size_t i = first; i < m->n_messages; i++)
		canvas_put(canvas, i - first, CANVAS_PLAIN, "%s", m->messages[i]);
}

static void draw_lists(struct model *m, struct canvas *canvas)
{
	struct model_list lists[MODEL_PARTS];
	struct area areas[MODEL_PARTS];

	for (int i = 0; i < MODEL_PARTS; i++)
		model_list(m, i, &lists[i]);
	divide(lists, canvas->height, areas);
	draw_sums(m, canvas);
	for (int i = 0; i < MODEL_PARTS; i++)
		draw_part(m, &lists[i], &areas[i], canvas);
}

static void draw_keys(const struct model *m, struct canvas *canvas)
{
	const char *keys = m->pane == MODEL_LISTS ?
		"q quit  s sort  / find  p pause  Tab list  Enter incident  m messages  h help" :
		"Esc back  up down scroll  q quit";

	canvas_put(canvas, canvas->height - 1, CANVAS_STRONG, "%s", keys);
}

/* Without keys there is nobody who reads what they are. */
void model_draw(struct model *m, struct canvas *canvas)
{
	canvas_clear(canvas);
	switch (m->pane) {
	case MODEL_HELP:
		draw_text(m, help, canvas);
		break;
	case MODEL_CASE:
		draw_text(m, m->text, canvas);
		break;
	case MODEL_MESSAGES_PANE:
		draw_messages(m, canvas);
		break;
	case MODEL_LISTS:
		draw_lists(m, canvas);
		break;
	}
	if (!m->no_keys)
		draw_keys(m, canvas);
}

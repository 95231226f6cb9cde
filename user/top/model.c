// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* model.c - see model.h: what comes in, and what keys do. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "review/case_text.h"

#define ESCAPE 27
#define DELETE 127
#define PAGE 10

void model_init(struct model *ret_model, enum pf_top_sort sort)
{
	*ret_model = (struct model){ .sort = sort };
}

void model_fini(struct model *m)
{
	for (size_t i = 0; i < m->n_cases; i++)
		view_case_free(&m->cases[i]);
	for (size_t i = 0; i < m->n_messages; i++)
		free(m->messages[i]);
	free(m->text);
}

/* Texts from another process end, whatever they are. */
void model_snap(struct model *m, const struct snap *snap)
{
	if (m->paused)
		return;
	m->snap = *snap;
	m->has_snap = true;
	if (m->snap.said.n_conns > PF_TOP_ROWS)
		m->snap.said.n_conns = PF_TOP_ROWS;
	if (m->snap.said.n_files > PF_TOP_ROWS)
		m->snap.said.n_files = PF_TOP_ROWS;
	for (size_t i = 0; i < PF_TOP_ROWS; i++) {
		m->snap.conns[i].sender.comm[PF_COMM_LEN - 1] = '\0';
		m->snap.files[i].path[SNAP_PATH - 1] = '\0';
	}
}

/* What was chosen stays chosen: it goes down by one. */
void model_case(struct model *m, const struct view_case *c)
{
	size_t *chosen = &m->chosen[MODEL_CASES_PART];

	if (m->n_cases == MODEL_CASES)
		view_case_free(&m->cases[--m->n_cases]);
	memmove(m->cases + 1, m->cases, m->n_cases * sizeof(*m->cases));
	m->cases[0] = *c;
	m->cases[0].kase.n = ++m->n_seen;
	m->n_cases++;
	if (m->part == MODEL_CASES_PART && *chosen && *chosen + 1 < m->n_cases)
		++*chosen;
}

void model_message(struct model *m, const char *text, size_t len)
{
	char *line;

	while (len && text[len - 1] == '\n')
		len--;
	line = strndup(text, len);
	if (!line)
		return;
	if (m->n_messages == MODEL_MESSAGES) {
		free(m->messages[0]);
		memmove(m->messages, m->messages + 1, --m->n_messages * sizeof(*m->messages));
	}
	m->messages[m->n_messages++] = line;
}

static size_t rows_of(const struct model *m)
{
	struct model_list list;

	model_list(m, m->part, &list);
	return list.n;
}

static void move(struct model *m, long by)
{
	size_t *at = m->pane == MODEL_LISTS ? &m->chosen[m->part] : &m->scroll;
	size_t n = m->pane == MODEL_LISTS ? rows_of(m) : (size_t)-1 / 2;

	if (by < 0 && *at < (size_t)-by)
		*at = 0;
	else
		*at += by;
	if (*at >= n)
		*at = n ? n - 1 : 0;
}

static void open_pane(struct model *m, enum model_pane pane)
{
	m->pane = m->pane == pane ? MODEL_LISTS : pane;
	m->scroll = 0;
}

static void write_case(FILE *out, const struct view_case *c)
{
	struct crossing x;

	crossing_of_incident(&c->kase, &x);
	case_draw(out, &c->kase, &x);
	if (*c->stack)
		fprintf(out, "\nfunctions that led to the write, innermost first:\n%s\n", c->stack);
}

static void open_case(struct model *m)
{
	size_t *chosen = &m->chosen[MODEL_CASES_PART], len;
	struct model_list list;
	FILE *out;

	model_list(m, MODEL_CASES_PART, &list);
	if (m->part != MODEL_CASES_PART || !list.n)
		return;
	free(m->text);
	m->text = NULL;
	out = open_memstream(&m->text, &len);
	if (!out)
		return;
	write_case(out, list.rows[*chosen < list.n ? *chosen : list.n - 1]);
	if (!fclose(out))
		open_pane(m, MODEL_CASE);
}

static void type(struct model *m, unsigned int key)
{
	size_t len = strlen(m->typed);

	if (key == '\n' || key == '\r') {
		memcpy(m->find, m->typed, sizeof(m->find));
		m->typing = false;
	} else if (key == ESCAPE) {
		m->typing = false;
	} else if (key == DELETE || key == '\b') {
		m->typed[len ? len - 1 : 0] = '\0';
	} else if (key >= ' ' && key < DELETE && len + 1 < sizeof(m->typed)) {
		m->typed[len] = key;
		m->typed[len + 1] = '\0';
	}
}

static void back(struct model *m)
{
	if (m->pane == MODEL_LISTS)
		*m->find = '\0';
	m->pane = MODEL_LISTS;
}

static void sort_by_next(struct model *m, int step)
{
	m->sort = (m->sort + PF_TOP_SORTS + step) % PF_TOP_SORTS;
	m->chosen[MODEL_CONNS] = m->chosen[MODEL_FILES] = 0;
}

void model_key(struct model *m, unsigned int key)
{
	if (m->typing) {
		type(m, key);
		return;
	}
	switch (key) {
	case 'q':
	case 3:		/* Ctrl-C, where the terminal does not make a signal of it */
		m->end = true;
		break;
	case 's':
	case 'S':
		sort_by_next(m, key == 's' ? 1 : -1);
		break;
	case 'p':
	case ' ':
		m->paused = !m->paused;
		break;
	case '/':
		m->typing = true;
		*m->typed = '\0';
		m->pane = MODEL_LISTS;
		break;
	case '\t':
		m->part = (m->part + 1) % MODEL_PARTS;
		break;
	case '\n':
	case '\r':
		open_case(m);
		break;
	case 'h':
	case '?':
		open_pane(m, MODEL_HELP);
		break;
	case 'm':
		open_pane(m, MODEL_MESSAGES_PANE);
		break;
	case ESCAPE:
		back(m);
		break;
	case 'k':
	case KEY_OF_UP:
		move(m, -1);
		break;
	case 'j':
	case KEY_OF_DOWN:
		move(m, 1);
		break;
	case KEY_OF_PAGE_UP:
		move(m, -PAGE);
		break;
	case KEY_OF_PAGE_DOWN:
		move(m, PAGE);
		break;
	}
}

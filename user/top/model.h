/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * model - what top shows, and what keys do to it. Pure: frames of view.h and keys in, a
 * canvas out.
 */
#ifndef PAGEFLIGHT_MODEL_H
#define PAGEFLIGHT_MODEL_H

#include "canvas.h"
#include "view.h"

#define MODEL_CASES 200
#define MODEL_MESSAGES 50
#define MODEL_FIND 64

/* What can be chosen from. The order is that on the screen. */
enum model_part {
	MODEL_CONNS,
	MODEL_FILES,
	MODEL_CASES_PART,
	MODEL_PARTS
};

enum model_pane {
	MODEL_LISTS,
	MODEL_CASE,		/* one incident: its crossing, and its evidence */
	MODEL_HELP,
	MODEL_MESSAGES_PANE,
};

/* Keys that are no characters. */
enum model_key {
	KEY_OF_UP = 0x110000,
	KEY_OF_DOWN,
	KEY_OF_PAGE_UP,
	KEY_OF_PAGE_DOWN,
};

struct model {
	struct snap snap;
	bool has_snap;
	struct view_case cases[MODEL_CASES];	/* the newest first */
	size_t n_cases;
	__u64 n_seen;				/* cases that ever came */
	char *messages[MODEL_MESSAGES];		/* the oldest first */
	size_t n_messages;
	enum pf_top_sort sort;
	enum model_part part;
	enum model_pane pane;
	size_t chosen[MODEL_PARTS];
	char *text;				/* of the case that is shown */
	size_t scroll;				/* lines of a pane that are above the screen */
	char find[MODEL_FIND];			/* rows without it are left out; "": none is */
	char typed[MODEL_FIND];			/* the same while it is typed */
	bool typing;
	bool paused;
	bool no_keys;				/* there is no keyboard: none is named */
	bool end;				/* somebody wants to go */
};

void model_init(struct model *ret_model, enum pf_top_sort sort);
void model_fini(struct model *m);

/* While it is paused no snap is taken; all else is. */
void model_snap(struct model *m, const struct snap *snap);

/* The case becomes the model's. */
void model_case(struct model *m, const struct view_case *c);
void model_message(struct model *m, const char *text, size_t len);

/* A character or an enum model_key. */
void model_key(struct model *m, unsigned int key);

void model_draw(struct model *m, struct canvas *canvas);

/* Rows of a part as they are shown: in their order, and those that are looked for. */
struct model_list {
	enum model_part part;
	size_t n;
	const void *rows[MODEL_CASES];	/* struct pf_top_conn, snap_file or view_case */
};

void model_list(const struct model *m, enum model_part part, struct model_list *ret_list);

/* A row as text, which is also what is searched. */
#define MODEL_TEXT 2048
void model_row_text(const struct model *m, const struct model_list *list, size_t i, char text[MODEL_TEXT]);

#endif

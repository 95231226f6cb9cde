/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* canvas - a frame as lines of text, each of one style. Pure. */
#ifndef PAGEFLIGHT_CANVAS_H
#define PAGEFLIGHT_CANVAS_H

#include <stdio.h>

enum canvas_style {
	CANVAS_PLAIN,
	CANVAS_TITLE,		/* of columns */
	CANVAS_STRONG,
	CANVAS_CHOSEN,		/* the line that keys act on */
};

#define CANVAS_COLUMNS 1000	/* a line has no more */
#define CANVAS_LINES 1000

struct canvas {
	unsigned int width, height;
	struct canvas_line {
		enum canvas_style style;
		char *text;		/* safe for a terminal; at most `width` characters */
	} *lines;
};

/* 0 or -ENOMEM. The size is brought within bounds. */
int canvas_init(struct canvas *ret_canvas, unsigned int width, unsigned int height);
void canvas_fini(struct canvas *canvas);

void canvas_clear(struct canvas *canvas);

/* Put text into a line, if there is such a line. Names in it may be anybody's. */
__attribute__((format(printf, 4, 5)))
void canvas_put(struct canvas *canvas, unsigned int y, enum canvas_style style, const char *format, ...);

/* All of it, without blanks at the ends of lines and lines at its end that are empty. */
void canvas_print(const struct canvas *canvas, FILE *out);

#endif

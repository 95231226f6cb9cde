// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* canvas.c - see canvas.h. */
#include "canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"

static unsigned int within(unsigned int n, unsigned int most)
{
	return n < 1 ? 1 : n > most ? most : n;
}

static size_t line_len(const struct canvas *canvas)
{
	return 4 * canvas->width + 2;
}

int canvas_init(struct canvas *ret_canvas, unsigned int width, unsigned int height)
{
	struct canvas c = { within(width, CANVAS_COLUMNS), within(height, CANVAS_LINES), NULL };
	char *texts = calloc(c.height, line_len(&c));

	c.lines = calloc(c.height, sizeof(*c.lines));
	if (!texts || !c.lines) {
		free(texts);
		free(c.lines);
		return -ENOMEM;
	}
	for (unsigned int y = 0; y < c.height; y++)
		c.lines[y].text = texts + y * line_len(&c);
	*ret_canvas = c;
	return 0;
}

void canvas_fini(struct canvas *canvas)
{
	if (canvas->lines)
		free(canvas->lines[0].text);
	free(canvas->lines);
	canvas->lines = NULL;
}

void canvas_clear(struct canvas *canvas)
{
	for (unsigned int y = 0; y < canvas->height; y++) {
		canvas->lines[y].style = CANVAS_PLAIN;
		*canvas->lines[y].text = '\0';
	}
}

void canvas_put(struct canvas *canvas, unsigned int y, enum canvas_style style, const char *format, ...)
{
	char text[8192];
	va_list args;

	if (y >= canvas->height)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	canvas->lines[y].style = style;
	fmt_cell(canvas->lines[y].text, line_len(canvas), text, canvas->width, false);
}

static size_t trimmed(const char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == ' ')
		len--;
	return len;
}

void canvas_print(const struct canvas *canvas, FILE *out)
{
	unsigned int n = canvas->height;

	while (n && !trimmed(canvas->lines[n - 1].text))
		n--;
	for (unsigned int y = 0; y < n; y++)
		fprintf(out, "%.*s\n", (int)trimmed(canvas->lines[y].text), canvas->lines[y].text);
}

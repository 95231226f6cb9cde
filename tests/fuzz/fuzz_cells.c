// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Any text: what is made of it for a terminal, or where UTF-8 is demanded, is fit for it. */
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "fuzz.h"

static void check_cell(const char *text, size_t width, bool cut_start)
{
	size_t room = 4 * width + 2;
	char *cell = malloc(room);

	CHECK(cell);
	CHECK(fmt_cell(cell, room, text, width, cut_start) == cell);
	CHECK(strlen(cell) < room && is_clean(cell));
	CHECK(fmt_width(cell) <= width);
	if (fmt_width(text) > width && width)
		CHECK(cell[cut_start ? 0 : strlen(cell) - 1] == '~');
	else if (is_clean(text) && width)
		CHECK(!strcmp(cell, text));
	free(cell);
}

static void check_utf8(const char *text, size_t room)
{
	char *copy = malloc(room);

	CHECK(copy);
	CHECK(fmt_utf8(copy, room, text) == copy);
	CHECK(strlen(copy) < room && fmt_is_utf8(copy));
	if (room == 3 * strlen(text) + 1 && fmt_is_utf8(text))
		CHECK(!strcmp(copy, text));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t width = take(&in, 1), room = take(&in, 1) + 1;
	bool cut_start = take(&in, 1) & 1;
	char *text = take_text(&in);

	check_cell(text, width, cut_start);
	check_utf8(text, room);
	check_utf8(text, 3 * strlen(text) + 1);
	free(text);
	return 0;
}

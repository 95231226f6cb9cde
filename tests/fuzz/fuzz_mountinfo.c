// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Any mount table: what is found is a path that fits, and of the file that was asked for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dev.h"
#include "base/mountinfo.h"
#include "fuzz.h"

/* Is the path where this mount shows the file? Not for lines with "\\ooo". */
static bool shows(const char *root, const char *point, const char *inner, const char *path)
{
	size_t n = strcmp(root, "/") ? strlen(root) : 0, k = strcmp(point, "/") ? strlen(point) : 0;

	return !strncmp(inner, root, n) && (!inner[n] || inner[n] == '/') &&
	       !strncmp(path, point, k) && (!strcmp(path + k, inner + n) || (!inner[n] && !path[1]));
}

/* Does any line of the table show the file there? */
static bool any_shows(const char *text, uint64_t dev, const char *inner, const char *path)
{
	char *copy = strdup(text), *lines = NULL, *line;
	bool found = false;

	CHECK(copy);
	for (line = strtok_r(copy, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		char *field[5], *fields = NULL;
		unsigned int major, minor;

		for (int i = 0; i < 5; i++)
			field[i] = strtok_r(i ? NULL : line, " ", &fields);
		found |= field[4] && sscanf(field[2], "%u:%u", &major, &minor) == 2 &&
			 dev_number(major, minor) == dev && shows(field[3], field[4], inner, path);
	}
	free(copy);
	return found;
}

static void check_find(const struct mountinfo *m, const char *text, uint64_t dev,
		       const char *inner)
{
	char path[64], longer[1 << 13], untouched[64];
	int n, len;

	memset(path, 'x', sizeof(path));
	memcpy(untouched, path, sizeof(path));
	n = mountinfo_find(m, dev, inner, path, sizeof(path));
	len = mountinfo_find(m, dev, inner, longer, sizeof(longer));
	if (n < 0) {
		CHECK(n == -ENOENT || n == -ENAMETOOLONG);
		CHECK(!memcmp(path, untouched, sizeof(path)));
		CHECK(n != -ENAMETOOLONG || len == -ENAMETOOLONG || len >= (int)sizeof(path));
		CHECK(n != -ENOENT || len == n);
		return;
	}
	CHECK(n == len && n == (int)strlen(path) && !strcmp(path, longer));
	CHECK(path[0] == '/');
	CHECK(strchr(text, '\\') || any_shows(text, dev, inner, path));
}

static void check_below(const struct mountinfo *m, const char *dir)
{
	size_t at = 0, before;
	const char *point;

	for (;;) {
		before = at;
		point = mountinfo_below(m, dir, &at);
		if (!point)
			return;
		CHECK(at > before);
		CHECK(point[0] == '/' && !strncmp(point, dir, strlen(dir)) && strcmp(point, dir));
	}
}

/* The first three lines are what is asked for, the rest is the table. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t dev = dev_number(take(&in, 1), take(&in, 1));
	char *inner = take_line(&in), *dir = take_line(&in), *text = take_text(&in);
	struct mountinfo *m;

	CHECK(!mountinfo_parse(&m, text));
	if (inner[0] == '/')
		check_find(m, text, dev, inner);
	if (dir[0] == '/')
		check_below(m, dir);
	mountinfo_dev(m, dev);
	if (mountinfo_is_type(m, dev, dir))
		CHECK(strstr(text, dir));
	mountinfo_free(m);
	free(inner);
	free(dir);
	free(text);
	return 0;
}

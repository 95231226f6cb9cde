// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Any /proc/kallsyms: a function that is found begins at or before the address, and is the nearest. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kallsyms.h"
#include "fuzz.h"

#define STACK 4

/* The nearest function by a plain walk over the lines. */
static uint64_t nearest(const char *text, uint64_t address)
{
	char *copy = strdup(text), *save = NULL, *line;
	struct kallsyms_line parsed;
	uint64_t best = 0;

	CHECK(copy);
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (kallsyms_parse(line, &parsed) && strchr("tTwW", parsed.type) &&
		    parsed.type && parsed.address <= address && parsed.address > best)
			best = parsed.address;
	}
	free(copy);
	return best;
}

static void check_address(const struct kallsyms *k, const char *text, uint64_t address)
{
	char shown[KALLSYMS_TEXT_LEN];
	struct kallsym sym;

	if (kallsyms_find(k, address, &sym)) {
		CHECK(*sym.name && strstr(text, sym.name) && strstr(text, sym.module));
		CHECK(address - sym.offset == nearest(text, address));
	}
	CHECK(kallsyms_text(shown, k, address) == shown);
	CHECK(*shown && strlen(shown) < sizeof(shown));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	__u64 stack[STACK];
	struct kallsyms *k;
	const char *module;
	char *text;
	FILE *file;
	int err;

	for (int i = 0; i < STACK; i++)
		stack[i] = take(&in, 8);
	text = take_text(&in);
	file = *text ? fmemopen(text, strlen(text), "r") : NULL;
	if (!file) {
		free(text);
		return 0;
	}
	err = kallsyms_read(&k, file);
	fclose(file);
	CHECK(!err || err == -ENOENT);
	if (!err) {
		for (int i = 0; i < STACK; i++)
			check_address(k, text, stack[i]);
		module = kallsyms_module(k, stack, STACK);
		CHECK(!module || (*module && strstr(text, module)));
		kallsyms_hide_modules(k, true);
		CHECK(!kallsyms_module(k, stack, STACK));
		kallsyms_free(k);
	}
	free(text);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kallsyms.c - a table of functions, sorted by address. All names stand in one
 * block of memory, and a function holds the offset of its name there.
 *
 * Weak spot: the kernel does not say where a function ends. An address behind
 * the end of a function counts as a part of it, unless it is FUNCTION_MAX away,
 * or behind the module's end.
 */
#include "kallsyms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION_MAX (1u << 20)		/* no function is as long */

struct function {
	__u64 address;
	__u32 name;			/* in `names` */
	__u32 module;
};

/* How far a module reaches. Since 6.4 its parts lie apart, and only the first has functions. */
struct extent {
	__u64 address, size;
	__u32 name;
};

struct kallsyms {
	struct function *at;
	size_t n, room;
	char *names;			/* starts with an empty name */
	size_t used, size;
	struct extent *extents;
	size_t extents_n;
	bool modules_hidden;
};

static int names_add(struct kallsyms *k, const char *name, __u32 *ret_place)
{
	size_t len = strlen(name) + 1;

	if (k->used + len > k->size) {
		size_t size = (k->used + len) * 2;
		char *more = size > UINT32_MAX ? NULL : realloc(k->names, size);

		if (!more)
			return -ENOMEM;
		k->names = more;
		k->size = size;
	}
	memcpy(k->names + k->used, name, len);
	*ret_place = k->used;
	k->used += len;
	return 0;
}

/* Functions of one module mostly follow each other, and share one name. */
static int module_add(struct kallsyms *k, const char *module, __u32 *ret_place)
{
	if (!*module) {
		*ret_place = 0;
		return 0;
	}
	if (k->n && !strcmp(k->names + k->at[k->n - 1].module, module)) {
		*ret_place = k->at[k->n - 1].module;
		return 0;
	}
	return names_add(k, module, ret_place);
}

static int function_add(struct kallsyms *k, __u64 address, const char *name, const char *module)
{
	struct function f = { .address = address };
	int err;

	if (k->n == k->room) {
		size_t room = k->room ? k->room * 2 : 1024;
		struct function *more = reallocarray(k->at, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		k->at = more;
		k->room = room;
	}
	err = module_add(k, module, &f.module);
	if (!err)
		err = names_add(k, name, &f.name);
	if (!err)
		k->at[k->n++] = f;
	return err;
}

bool kallsyms_parse(char *line, struct kallsyms_line *ret_line)
{
	char *save = NULL, *digits = strtok_r(line, " \t\n", &save), *end;
	const char *type = strtok_r(NULL, " \t\n", &save);

	ret_line->name = strtok_r(NULL, " \t\n", &save);
	ret_line->module = strtok_r(NULL, " \t\n[]", &save);
	if (!ret_line->name)
		return false;
	ret_line->type = *type;
	ret_line->address = strtoull(digits, &end, 16);
	return !*end && ret_line->address;
}

/* Skip a symbol that is no function. */
static int line_add(struct kallsyms *k, char *text)
{
	struct kallsyms_line line;

	if (!kallsyms_parse(text, &line) || !strchr("tTwW", line.type))
		return 0;
	return function_add(k, line.address, line.name, line.module ? line.module : "");
}

static int by_address(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static int read_lines(struct kallsyms *k, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	__u32 none;
	int err;

	err = names_add(k, "", &none);
	while (!err && getline(&line, &room, in) >= 0)
		err = line_add(k, line);
	free(line);
	if (!err && ferror(in))
		err = -EIO;
	return err;
}

int kallsyms_read(struct kallsyms **ret_kallsyms, FILE *in)
{
	struct kallsyms *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return -ENOMEM;
	err = read_lines(k, in);
	if (!err && !k->n)
		err = -ENOENT;
	if (err) {
		kallsyms_free(k);
		return err;
	}
	qsort(k->at, k->n, sizeof(*k->at), by_address);
	*ret_kallsyms = k;
	return 0;
}

static int extent_add(struct kallsyms *k, const char *name, __u64 address, __u64 size)
{
	struct extent e = { .address = address, .size = size }, *more;
	int err = names_add(k, name, &e.name);

	if (err)
		return err;
	more = reallocarray(k->extents, k->extents_n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	k->extents = more;
	k->extents[k->extents_n++] = e;
	return 0;
}

int kallsyms_bound_modules(struct kallsyms *k, FILE *in)
{
	char name[64];
	uint64_t size, address;
	int err = 0;

	while (!err && fscanf(in, "%63s %" SCNu64 " %*s %*s %*s %" SCNx64 "%*[^\n]", name, &size, &address) == 3)
		if (address)
			err = extent_add(k, name, address, size);
	return err;
}

static bool is_behind(const struct kallsyms *k, const char *module, __u64 address)
{
	for (size_t i = 0; *module && i < k->extents_n; i++) {
		const struct extent *e = &k->extents[i];

		if (!strcmp(k->names + e->name, module))
			return address - e->address >= e->size;
	}
	return false;
}

void kallsyms_hide_modules(struct kallsyms *k, bool hide)
{
	k->modules_hidden = hide;
}

bool kallsyms_find(const struct kallsyms *k, __u64 address, struct kallsym *ret_sym)
{
	size_t low = 0, high = k->n;
	const struct function *f;

	while (low < high) {		/* how many begin at or below it */
		size_t mid = low + (high - low) / 2;

		if (k->at[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	f = &k->at[low - 1];
	if (address - f->address >= FUNCTION_MAX || (k->modules_hidden && f->module) ||
	    is_behind(k, k->names + f->module, address))
		return false;
	*ret_sym = (struct kallsym){ k->names + f->name, k->names + f->module,
				  address - f->address };
	return true;
}

/* A return address can lie behind the last byte of a function that never returns. */
static bool find_caller(const struct kallsyms *k, __u64 address, struct kallsym *ret_sym)
{
	if (!k || !kallsyms_find(k, address - 1, ret_sym))
		return false;
	ret_sym->offset++;
	return true;
}

char *kallsyms_text(char buf[KALLSYMS_TEXT_LEN], const struct kallsyms *k, __u64 address)
{
	struct kallsym sym;

	if (!find_caller(k, address, &sym))
		snprintf(buf, KALLSYMS_TEXT_LEN, "0x%016" PRIx64, (uint64_t)address);
	else if (*sym.module)
		snprintf(buf, KALLSYMS_TEXT_LEN, "%.120s+0x%" PRIx64 " [%.40s]", sym.name,
			 (uint64_t)sym.offset, sym.module);
	else
		snprintf(buf, KALLSYMS_TEXT_LEN, "%.120s+0x%" PRIx64, sym.name, (uint64_t)sym.offset);
	return buf;
}

/* Programs and trampolines of BPF and ftrace, which are listed as modules. */
static bool is_pretended(const char *module)
{
	return !strcmp(module, "bpf") || !strncmp(module, "__builtin__", strlen("__builtin__"));
}

static bool is_carrier(const char *module)
{
	return !strcmp(module, "sunrpc") || !strcmp(module, "tls");
}

const char *kallsyms_module(const struct kallsyms *k, const __u64 *stack, size_t n)
{
	const char *carrier = NULL;
	struct kallsym sym;

	for (size_t i = 0; i < n; i++) {
		if (!find_caller(k, stack[i], &sym) || !*sym.module || is_pretended(sym.module))
			continue;
		if (!is_carrier(sym.module))
			return sym.module;
		if (!carrier)
			carrier = sym.module;
	}
	return carrier;
}

size_t kallsyms_programs(const struct kallsyms *k, const __u64 *stack, size_t n)
{
	struct kallsym sym;
	size_t i = 0;

	while (i < n && find_caller(k, stack[i], &sym) && is_pretended(sym.module))
		i++;
	return i;
}

void kallsyms_free(struct kallsyms *k)
{
	if (!k)
		return;
	free(k->extents);
	free(k->at);
	free(k->names);
	free(k);
}

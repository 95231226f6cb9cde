// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kallsyms_cache - reading /proc/kallsyms takes tens of milliseconds, and on a slow
 * machine seconds. /proc/modules is short, and tells whether the table can have
 * changed. It is read once a second at most.
 */
#include "kallsyms_cache.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SHARE 20		/* a table is good for so many times the time it took to read it */

struct kallsyms_cache {
	char proc[64];
	struct kallsyms *table;
	__u64 read_modules;	/* sum of /proc/modules when the table was read */
	__u64 modules;		/* and when it was read last */
	__u64 looked;		/* when that was; 0: never */
	__u64 next;		/* the table is not read for functions of the kernel alone before */
};

static FILE *open_file(const struct kallsyms_cache *s, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", s->proc, name);
	return fopen(path, "re");
}

static __u64 mix(__u64 sum, const char *text)
{
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3ull;
	return sum;
}

/* Hash names, sizes and addresses of all modules. Their users and states do not matter. */
static __u64 modules_sum(const struct kallsyms_cache *s)
{
	FILE *in = open_file(s, "modules");
	char name[64], size[24], address[24];
	__u64 sum = 0xcbf29ce484222325ull;

	if (!in)
		return 0;
	while (fscanf(in, "%63s %23s %*s %*s %*s %23s%*[^\n]", name, size, address) == 3)
		sum = mix(mix(mix(sum, name), size), address);
	fclose(in);
	return sum;
}

static void bound_modules(const struct kallsyms_cache *s, struct kallsyms *table)
{
	FILE *in = open_file(s, "modules");

	if (!in)
		return;
	kallsyms_bound_modules(table, in);
	fclose(in);
}

static void reload(struct kallsyms_cache *s, __u64 now)
{
	__u64 began = clock_mono_ns();
	FILE *in = open_file(s, "kallsyms");
	struct kallsyms *table;

	s->read_modules = s->modules;
	/* The old table is better than none. */
	if (!in)
		return;
	if (!kallsyms_read(&table, in)) {
		kallsyms_free(s->table);
		s->table = table;
		bound_modules(s, table);
	}
	fclose(in);
	s->next = now + SHARE * (clock_mono_ns() - began);
}

int kallsyms_cache_new(struct kallsyms_cache **ret_cache, const char *proc)
{
	struct kallsyms_cache *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	snprintf(s->proc, sizeof(s->proc), "%s", proc);
	*ret_cache = s;
	return 0;
}

const struct kallsyms *kallsyms_cache_get(struct kallsyms_cache *s, __u64 now, bool modules)
{
	bool first = !s->looked;

	if (first || now - s->looked >= NSEC_PER_SEC) {
		s->modules = modules_sum(s);
		s->looked = now;
	}
	if (first || (s->modules != s->read_modules && (modules || now >= s->next)))
		reload(s, now);
	if (s->table)
		kallsyms_hide_modules(s->table, s->modules != s->read_modules);
	return s->table;
}

void kallsyms_cache_free(struct kallsyms_cache *s)
{
	if (!s)
		return;
	kallsyms_free(s->table);
	free(s);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kallsyms_cache - reading /proc/kallsyms takes tens of milliseconds. /proc/modules
 * is short, and tells whether the table can have changed. It is read once a second
 * at most.
 */
#include "kallsyms_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct kallsyms_cache {
	struct kallsyms *table;
	__u64 modules;		/* sum of /proc/modules when the table was read */
	__u64 looked;		/* when /proc/modules was read last; 0: never */
};

static __u64 mix(__u64 sum, const char *text)
{
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3ull;
	return sum;
}

/* Hash names, sizes and addresses of all modules. Their users and states do not matter. */
static __u64 modules_sum(void)
{
	FILE *in = fopen("/proc/modules", "re");
	char name[64], size[24], address[24];
	__u64 sum = 0xcbf29ce484222325ull;

	if (!in)
		return 0;
	while (fscanf(in, "%63s %23s %*s %*s %*s %23s%*[^\n]", name, size, address) == 3)
		sum = mix(mix(mix(sum, name), size), address);
	fclose(in);
	return sum;
}

static void reload(struct kallsyms_cache *s)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	struct kallsyms *table;

	/* The old table is better than none. */
	if (!in)
		return;
	if (!kallsyms_read(&table, in)) {
		kallsyms_free(s->table);
		s->table = table;
	}
	fclose(in);
}

int kallsyms_cache_new(struct kallsyms_cache **ret_cache)
{
	struct kallsyms_cache *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret_cache = s;
	return 0;
}

const struct kallsyms *kallsyms_cache_get(struct kallsyms_cache *s, __u64 now)
{
	__u64 modules;

	if (s->looked && now - s->looked < NSEC_PER_SEC)
		return s->table;
	modules = modules_sum();
	if (!s->looked || modules != s->modules)
		reload(s);
	s->modules = modules;
	s->looked = now;
	return s->table;
}

void kallsyms_cache_free(struct kallsyms_cache *s)
{
	if (!s)
		return;
	kallsyms_free(s->table);
	free(s);
}

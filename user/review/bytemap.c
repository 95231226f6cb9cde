// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* bytemap.c - see bytemap.h. A mark says the worst of its bytes. */
#include "bytemap.h"

#include <string.h>

#define AROUND 8	/* marks on each side */
#define PAGE_BYTES 4096u
#define PAGES_FROM (8 * PAGE_BYTES)	/* of so many bytes a mark is a page at least */

bool bytemap_wrong(enum pf_verdict verdict)
{
	return verdict == PF_VERDICT_CORRUPT || verdict == PF_VERDICT_MIXED;
}

static char mark_of(enum pf_verdict verdict)
{
	return bytemap_wrong(verdict) ? '#' : verdict == PF_VERDICT_POSSIBLE ? '?' : '.';
}

static int strength(char mark)
{
	return strchr("-.?#", mark) - "-.?#";
}

static __u64 offset_of(const struct pf_range *range, bool stream)
{
	return stream ? range->stream_off : range->file_off;
}

static void put(struct bytemap *map, __u64 from, __u64 len, char mark)
{
	__u64 first = (from - map->from) / map->scale, last = (from + len - 1 - map->from) / map->scale;

	for (__u64 i = first; i <= last && i < map->n; i++)
		if (strength(map->marks[i]) < strength(mark))
			map->marks[i] = mark;
}

void bytemap_of(const struct kase *c, bool stream, struct bytemap *ret_map)
{
	struct bytemap map = { .scale = 1 };
	__u64 from = (__u64)-1, to = 0;

	for (size_t i = 0; i < c->inc.n_ranges; i++) {
		__u64 at = offset_of(&c->inc.ranges[i], stream), end = at + c->inc.ranges[i].len;

		from = at < from ? at : from;
		to = end > to ? end : to;
	}
	if (to <= from)
		to = from + 1;
	if (to - from >= PAGES_FROM)
		map.scale = PAGE_BYTES;
	while ((to - from) / map.scale + 2 > BYTEMAP_MARKS - 2 * AROUND && map.scale < 1ull << 62)
		map.scale *= 2;
	map.from = from / map.scale * map.scale;
	map.from -= map.from / map.scale < AROUND ? map.from : AROUND * map.scale;
	map.n = (to - map.from - 1) / map.scale + 1 + AROUND;
	if (map.n > BYTEMAP_MARKS)
		map.n = BYTEMAP_MARKS;
	memset(map.marks, '-', sizeof(map.marks));
	for (size_t i = 0; i < c->inc.n_ranges; i++)
		put(&map, offset_of(&c->inc.ranges[i], stream), c->inc.ranges[i].len,
		    mark_of(c->inc.ranges[i].answer.verdict));
	*ret_map = map;
}

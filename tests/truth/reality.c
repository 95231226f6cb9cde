// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* reality - see reality.h. */
#include "reality.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "lib/say.h"

#define BLOCK 256	/* bytes compared at once */

/* The file offset of a byte of the stream; PLAN_FILE if it belongs to the header. */
static uint32_t file_offset(const struct reality *r, const struct plan *p, uint32_t at)
{
	for (unsigned int i = p->n_chunks; i--;) {
		if (at >= r->place[i])
			return p->chunk[i].off + at - r->place[i];
	}
	return PLAN_FILE;
}

/* A block of bytes that arrived right, or one byte. */
static struct run look_at(const struct reality *r, const struct plan *p, uint32_t at,
			  uint32_t len, const uint8_t *changes)
{
	static const uint8_t none[BLOCK];
	struct run run = { .off = at, .len = 1, .version = VERSION_FIRST, .right = true };
	uint32_t off;

	if (len >= BLOCK && !memcmp(r->meant + at, r->arrived + at, BLOCK) &&
	    (!changes || !memcmp(changes + at, none, BLOCK))) {
		run.len = BLOCK;
		return run;
	}
	run.both = changes && changes[at];
	run.right = r->arrived[at] == r->meant[at];
	off = file_offset(r, p, at);
	if (!run.right && off < PLAN_FILE)
		run.version = content_version(p->n, off, r->arrived[at]);
	return run;
}

void reality_find_runs(const struct reality *r, const struct plan *p, uint32_t len,
		       const uint8_t *changes, struct truth *ret)
{
	unsigned int room = 0;

	for (uint32_t at = 0, step; at < len; at += step) {
		struct run now = look_at(r, p, at, len - at, changes);
		struct run *last = ret->n_runs ? &ret->runs[ret->n_runs - 1] : NULL;

		step = now.len;
		if (last && last->version == now.version && last->right == now.right &&
		    last->both == now.both) {
			last->len += step;
			continue;
		}
		if (ret->n_runs == room) {
			room = room * 2 + 8;
			ret->runs = realloc(ret->runs, room * sizeof(*ret->runs));
			must(ret->runs, "memory");
		}
		ret->runs[ret->n_runs++] = now;
	}
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* memory - see memory.h. */
#include "memory.h"

#include <stddef.h>

/* Written so that no sum can overflow. */
static void *inside(const struct region *r, uint64_t base, uint64_t at, uint64_t size)
{
	if (at < base || at - base > r->size || size > r->size - (at - base))
		return NULL;
	return r->here + (at - base);
}

void *memory_of_guest(const struct memory *m, uint64_t at, uint64_t size)
{
	void *here = NULL;

	for (unsigned int i = 0; i < m->n && !here; i++)
		here = inside(&m->region[i], m->region[i].guest, at, size);
	return here;
}

void *memory_of_owner(const struct memory *m, uint64_t at, uint64_t size)
{
	void *here = NULL;

	for (unsigned int i = 0; i < m->n && !here; i++)
		here = inside(&m->region[i], m->region[i].owner, at, size);
	return here;
}

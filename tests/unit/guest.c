// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* guest - see guest.h. */
#include "guest.h"

#include <string.h>

void guest_init(struct guest *g, struct ring *ret)
{
	memset(g, 0, sizeof(*g));
	g->avail = (void *)g->avail_room;
	g->used = (void *)g->used_room;
	g->memory.n = 1;
	g->memory.region[0] = (struct region){
		.guest = GUEST_BASE, .owner = GUEST_OWNER, .size = GUEST_SIZE, .here = g->bytes,
	};
	*ret = (struct ring){
		.size = GUEST_RING, .desc = g->desc, .avail = g->avail, .used = g->used,
	};
}

void guest_desc(struct guest *g, unsigned int i, uint64_t at, uint32_t len, int next, bool writes)
{
	g->desc[i] = (struct vring_desc){
		.addr = GUEST_BASE + at, .len = len, .next = next >= 0 ? next : 0,
		.flags = (next >= 0 ? VRING_DESC_F_NEXT : 0) |
			 (writes ? VRING_DESC_F_WRITE : 0),
	};
}

void guest_offer(struct guest *g, uint16_t head)
{
	g->avail->ring[g->avail->idx++ % GUEST_RING] = head;
}

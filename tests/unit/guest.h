/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* guest - a guest's memory with one virtqueue in it, and what its driver does with it. */
#ifndef UNIT_GUEST_H
#define UNIT_GUEST_H

#include "card/ring.h"

#define GUEST_BASE 0x100000ull
#define GUEST_OWNER 0x7f0000000000ull
#define GUEST_SIZE (64u << 10)
#define GUEST_RING 8

struct guest {
	uint8_t bytes[GUEST_SIZE];
	struct vring_desc desc[GUEST_RING];
	uint8_t avail_room[64], used_room[128];
	struct vring_avail *avail;
	struct vring_used *used;
	struct memory memory;
};

/* An empty guest, and its ring as the device sees it. */
void guest_init(struct guest *g, struct ring *ret);

/* The driver sets descriptor i: bytes at..at + len of the guest, and the next, or -1. */
void guest_desc(struct guest *g, unsigned int i, uint64_t at, uint32_t len, int next, bool writes);

/* The driver makes the chain that begins with descriptor `head` available. */
void guest_offer(struct guest *g, uint16_t head);

#endif

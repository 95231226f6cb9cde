/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* memory - the memory of a guest, as its owner shares it. Pure. */
#ifndef CARD_MEMORY_H
#define CARD_MEMORY_H

#include <stdint.h>

#define MEMORY_REGIONS 8

struct region {
	uint64_t guest;		/* address as the guest knows it */
	uint64_t owner;		/* address in the process that runs the guest */
	uint64_t size;
	uint8_t *here;
};

struct memory {
	struct region region[MEMORY_REGIONS];
	unsigned int n;
};

/* Where `size` bytes of the guest are. NULL: not in one region. */
void *memory_of_guest(const struct memory *m, uint64_t at, uint64_t size);
void *memory_of_owner(const struct memory *m, uint64_t at, uint64_t size);

#endif

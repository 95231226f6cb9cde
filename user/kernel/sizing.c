// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sizing.c - see sizing.h. */
#include "sizing.h"

#include <errno.h>

#define MEMORY_PER_PAGE (16u << 10)	/* with its index a flight takes about 1 % of it */
#define PAGES_PER_CONN	32u
#define CONNS_MIN	64u
#define READERS_MIN	65536u
#define READERS_MAX	(1u << 22)

static unsigned int pow2_at_most(unsigned long long n)
{
	unsigned int p = 1;

	while (p <= n / 2 && p < 1u << 31)
		p *= 2;
	return p;
}

static unsigned int clamp(unsigned long long n, unsigned int lo, unsigned int hi)
{
	return n < lo ? lo : n > hi ? hi : n;
}

int sizing_for(struct sizing *ret_sizing, unsigned int pages, unsigned int conns,
	     unsigned long long memory)
{
	if (!pages)
		pages = clamp(pow2_at_most(memory / MEMORY_PER_PAGE), 1u << 14,
			      SIZING_PAGES_MAX + 1) - 1;
	if (pages < SIZING_PAGES_MIN || pages > SIZING_PAGES_MAX)
		return -ERANGE;
	if (!conns)
		conns = clamp(pages / PAGES_PER_CONN, CONNS_MIN, SIZING_CONNS_MAX);
	if (conns > SIZING_CONNS_MAX)
		return -ERANGE;
	*ret_sizing = (struct sizing){
		.pages = pages,
		.flights = pow2_at_most(pages) * 2,
		.buckets = pow2_at_most(pages),
		.conns = conns,
		.socks = conns * 2,
		.readers = clamp(conns * 4ULL, READERS_MIN, READERS_MAX),
	};
	return 0;
}

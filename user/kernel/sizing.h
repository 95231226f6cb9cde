/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * sizing - how many pages, connections and sockets the maps have room for.
 * Memory for pages and connections is allocated at the start.
 */
#ifndef PAGEFLIGHT_SIZING_H
#define PAGEFLIGHT_SIZING_H

#define SIZING_PAGES_MIN 16u
#define SIZING_PAGES_MAX ((1u << 22) - 1)	/* the verifier allows offsets below 512 MiB */
#define SIZING_CONNS_MAX (1u << 20)

struct sizing {
	unsigned int pages;	/* flights followed at once */
	unsigned int flights;	/* records of the pool: a power of two, as number 0 means none */
	unsigned int buckets;	/* chains of the index: a power of two */
	unsigned int conns;	/* connections followed at once */
	unsigned int socks;	/* both ends of each, where they are on this host */
	unsigned int readers;	/* sockets of this host that are established */
};

/*
 * Size the maps. If pages is 0, the number follows from the memory of the host in
 * bytes; if conns is 0, it follows from the pages. Returns 0 or -ERANGE.
 */
int sizing_for(struct sizing *ret_sizing, unsigned int pages, unsigned int conns,
	     unsigned long long memory);

#endif

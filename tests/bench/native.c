// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * native - a comparison that a count of instructions would get wrong, timed on this
 * host: the fingerprint of a page with a copy and with the hash of a library.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "fingerprint.h"
#include "lib/say.h"
#include "median.h"
#include "net.h"

#define ROUNDS 9
#define PAGES  256		/* as many as the second-level cache holds */
#define LAPS   40

static unsigned char *pages;
static volatile uint64_t kept;	/* so that nothing is optimised away */

static uint64_t do_copy(const unsigned char *page)
{
	static unsigned char to[PAGE];

	memcpy(to, page, PAGE);
	__asm__ volatile("" : : "r"(to) : "memory");
	return to[0];
}

static uint64_t do_fp(const unsigned char *page)
{
	struct pf_fp p;

	pf_fp_begin(&p);
	for (unsigned int i = 0; i < PAGE; i += PF_FP_BLOCK)
		pf_fp_block(&p, (const __u64 *)(page + i));
	return pf_fp_end(&p, PAGE);
}

static uint64_t do_xxh3(const unsigned char *page)
{
	return XXH3_64bits(page, PAGE);
}

static uint64_t do_xxh64(const unsigned char *page)
{
	return XXH64(page, PAGE, 0);
}

static double time_pages(uint64_t (*fn)(const unsigned char *))
{
	uint64_t began = now_ns(CLOCK_PROCESS_CPUTIME_ID), sum = 0;

	for (int lap = 0; lap < LAPS; lap++)
		for (int i = 0; i < PAGES; i++)
			sum ^= fn(pages + (size_t)i * PAGE);
	kept = sum;
	return (double)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - began) / (LAPS * PAGES);
}

static void compare_hashes(void)
{
	static const struct {
		const char *name;
		uint64_t (*fn)(const unsigned char *);
	} rows[] = {
		{ "memcpy()", do_copy },
		{ "include/fingerprint.h", do_fp },
		{ "XXH3, 64 bits", do_xxh3 },
		{ "XXH64", do_xxh64 },
	};
	double values[4][ROUNDS];

	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 4; i++)
			values[i][round] = time_pages(rows[i].fn);
	puts("4 KiB from the second-level cache, nanoseconds on this host");
	for (int i = 0; i < 4; i++) {
		double ns = median(values[i], ROUNDS);

		printf("  %-24s %8.0f  %5.1f GB/s\n", rows[i].name, ns, PAGE / ns);
	}
}

int main(void)
{
	pages = aligned_alloc(PAGE, (size_t)PAGES * PAGE);
	must(pages, "aligned_alloc");
	for (size_t i = 0; i < (size_t)PAGES * PAGE; i++)
		pages[i] = i * 2654435761u >> 24;
	compare_hashes();
	return 0;
}

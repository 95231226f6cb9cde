// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * native - two comparisons that a count of instructions would get wrong, timed on
 * this host: the fingerprint of a page with a copy and with the hash of a library;
 * and sendfile() with the cure for the race, which is to send a copy.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "fingerprint.h"
#include "lib/say.h"
#include "median.h"
#include "net.h"

#define ROUNDS	  9
#define PAGES	  256		/* as many as the second-level cache holds */
#define LAPS	  40
#define CHUNK	  (16 * PAGE)
#define SENT	  (64u << 20)	/* bytes a round */
#define FILE_SIZE (4u << 20)

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

static double cpu_ns(void)
{
	struct rusage use;

	must(!getrusage(RUSAGE_SELF, &use), "getrusage");
	return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e9 +
	       (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e3;
}

static void receive(struct pair *p, bool discard)
{
	static char to[CHUNK];
	ssize_t n;

	if (discard) {
		pair_discard(p, CHUNK);
		return;
	}
	for (size_t left = CHUNK; left; left -= n) {
		n = recv(p->rx, to, left, 0);
		must(n > 0, "recv");
	}
}

static void send_copy(struct pair *p, int file, size_t off)
{
	static char copy[CHUNK];
	ssize_t n;

	must(pread(file, copy, CHUNK, off) == CHUNK, "pread");
	for (size_t done = 0; done < CHUNK; done += n) {
		n = send(p->tx, copy + done, CHUNK - done, 0);
		must(n > 0, "send");
	}
}

/* Nanoseconds of CPU per 4 KiB, both ends. */
static double time_sending(struct pair *p, int file, bool by_reference, bool discard)
{
	double began = cpu_ns();

	for (size_t at = 0; at < SENT; at += CHUNK) {
		if (by_reference)
			pair_send(p, file, at % FILE_SIZE, CHUNK);
		else
			send_copy(p, file, at % FILE_SIZE);
		receive(p, discard);
	}
	return (cpu_ns() - began) / (SENT / PAGE);
}

static void compare_senders(void)
{
	static const char *const readers[] = { "copies", "discards" };
	double values[2][2][ROUNDS];
	int file = file_new(FILE_SIZE);
	struct pair p;

	pair_open(&p, 4 * CHUNK);
	for (int round = 0; round < ROUNDS; round++)
		for (int discard = 0; discard < 2; discard++)
			for (int by_ref = 0; by_ref < 2; by_ref++)
				values[discard][by_ref][round] =
					time_sending(&p, file, by_ref, discard);
	puts("a page over lo, nanoseconds of CPU, both ends, on this host");
	for (int discard = 0; discard < 2; discard++)
		printf("  the reader %-12s  sendfile() %6.0f   read() and send() %6.0f\n",
		       readers[discard], median(values[discard][1], ROUNDS),
		       median(values[discard][0], ROUNDS));
	pair_close(&p);
}

int main(void)
{
	pages = aligned_alloc(PAGE, (size_t)PAGES * PAGE);
	must(pages, "aligned_alloc");
	for (size_t i = 0; i < (size_t)PAGES * PAGE; i++)
		pages[i] = i * 2654435761u >> 24;
	compare_hashes();
	compare_senders();
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * memmap - where the kernel keeps struct page: the start of the direct map and of
 * the array of struct page, which lead from a page to its bytes. The kernel draws
 * both at boot (KASLR), and they depend on the paging levels. So they are guessed,
 * and a guess is proved by a page of known bytes.
 */
#ifndef PAGEFLIGHT_MEMMAP_H
#define PAGEFLIGHT_MEMMAP_H

#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

struct memmap {
	__u64 page_offset;
	__u64 vmemmap;
};

#define MEMMAP_GUESSES 64

/*
 * Guesses from the program headers of an ELF core of the kernel, /proc/kcore:
 * every pair of a segment of memory and a segment that may be its struct pages
 * (fs/proc/kcore.c, get_sparsemem_vmemmap_info()). All guesses but one are wrong.
 * Returns how many there are, 0 if the file cannot be read.
 */
size_t memmap_from_kcore(int fd, size_t page_size, size_t struct_page_size,
			 struct memmap ret_guesses[MEMMAP_GUESSES]);

/*
 * Where the kernel keeps the two numbers, from /proc/kallsyms: page_offset_base
 * and vmemmap_base of x86. Returns 0, or -ENOENT if one is not there or hidden.
 */
int memmap_from_kallsyms(FILE *in, struct memmap *ret_addresses);

/* Where the bytes of the page of file fd may be found. */
struct memmap_guess {
	struct memmap map;
	int indirect;		/* these are addresses of the kernel's variables */
	int fd;
};

/* Ask the kernel side for the fingerprint of that page. 0 or -errno. */
typedef int (*memmap_try_fn)(void *ctx, const struct memmap_guess *guess, __u64 *ret_fp);

/*
 * Make a page of known bytes and try guesses until one leads to them: those of
 * /proc/kcore, which needs no symbols and knows every architecture, then those
 * of /proc/kallsyms, for kernels built without it. 0 or -errno.
 */
int memmap_find(memmap_try_fn try, void *ctx, size_t struct_page_size);

#endif

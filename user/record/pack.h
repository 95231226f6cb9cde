/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * pack - numbers and texts as bytes, and back. What comes back may be anybody's: a
 * number or text that is not there is 0 or NULL, and unpack.bad says so.
 */
#ifndef PAGEFLIGHT_PACK_H
#define PAGEFLIGHT_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

/* The stream tells at its end whether all went well. */
void pack_u64(FILE *out, __u64 value);
void pack_bytes(FILE *out, const void *data, size_t len);
void pack_text(FILE *out, const char *text);	/* NULL is a text of its own */

struct unpack {
	const char *at;
	size_t left;
	bool bad;
};

__u64 unpack_u64(struct unpack *u);
void unpack_bytes(struct unpack *u, void *ret, size_t len);
const char *unpack_text(struct unpack *u);	/* valid as long as the bytes */

/*
 * Numbers of which few are not 0, as the changes of counters are: {index, value} of
 * each such word. n is at most 65535.
 */
void pack_words(FILE *out, const __u64 *words, size_t n);

/* Add them to words. False if there is a word that does not exist. */
bool unpack_words(struct unpack *u, __u64 *words, size_t n);

#endif

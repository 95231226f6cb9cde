// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* pack.c - see pack.h. Numbers have the byte order of the machine: frames do not leave it. */
#include "pack.h"

#include <string.h>

#define NO_TEXT ((__u64)-1)

void pack_bytes(FILE *out, const void *data, size_t len)
{
	if (len)
		fwrite_unlocked(data, 1, len, out);
}

void pack_u64(FILE *out, __u64 value)
{
	pack_bytes(out, &value, sizeof(value));
}

void pack_text(FILE *out, const char *text)
{
	if (!text) {
		pack_u64(out, NO_TEXT);
		return;
	}
	pack_u64(out, strlen(text));
	pack_bytes(out, text, strlen(text) + 1);
}

void unpack_bytes(struct unpack *u, void *ret, size_t len)
{
	if (len > u->left) {
		memset(ret, 0, len);
		u->bad = true;
		u->left = 0;
		return;
	}
	memcpy(ret, u->at, len);
	u->at += len;
	u->left -= len;
}

__u64 unpack_u64(struct unpack *u)
{
	__u64 value;

	unpack_bytes(u, &value, sizeof(value));
	return value;
}

const char *unpack_text(struct unpack *u)
{
	__u64 len = unpack_u64(u);
	const char *text = u->at;

	if (u->bad || len == NO_TEXT)
		return NULL;
	if (len >= u->left || text[len]) {
		u->bad = true;
		u->left = 0;
		return NULL;
	}
	u->at += len + 1;
	u->left -= len + 1;
	return text;
}

void pack_words(FILE *out, const __u64 *words, size_t n)
{
	__u64 used = 0;

	for (size_t i = 0; i < n; i++)
		used += words[i] != 0;
	pack_u64(out, used);
	for (size_t i = 0; i < n; i++) {
		__u16 at = i;

		if (!words[i])
			continue;
		pack_bytes(out, &at, sizeof(at));
		pack_u64(out, words[i]);
	}
}

bool unpack_words(struct unpack *u, __u64 *words, size_t n)
{
	for (__u64 used = unpack_u64(u); used && !u->bad; used--) {
		__u16 at;

		unpack_bytes(u, &at, sizeof(at));
		if (at >= n)
			u->bad = true;
		else
			words[at] += unpack_u64(u);
	}
	return !u->bad;
}

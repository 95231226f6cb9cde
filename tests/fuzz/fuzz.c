// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* fuzz.c - see fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_failed(const char *file, int line, const char *cond)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, cond);
	abort();
}

void take_bytes(struct input *in, void *ret, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(ret, 0, len);
	if (n)
		memcpy(ret, in->at, n);
	in->at += n;
	in->left -= n;
}

uint64_t take(struct input *in, unsigned int n)
{
	uint8_t bytes[8] = { 0 };
	uint64_t value = 0;

	take_bytes(in, bytes, n);
	while (n--)
		value = value << 8 | bytes[n];
	return value;
}

static char *take_string(struct input *in, size_t len)
{
	char *text = malloc(len + 1);

	CHECK(text);
	take_bytes(in, text, len);
	text[len] = '\0';
	return text;
}

char *take_line(struct input *in)
{
	size_t len = 0;
	char *text;

	while (len < in->left && in->at[len] && in->at[len] != '\n')
		len++;
	text = take_string(in, len);
	take(in, 1);
	return text;
}

char *take_text(struct input *in)
{
	return take_string(in, in->left);
}

/*
 * The length of the character at s, and the character; 0: it is not UTF-8. Written
 * from the table of RFC 3629, not from the code under test.
 */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
	static const struct {
		unsigned char first, last, second_from, second_to, len;
	} rows[] = {
		{ 0x01, 0x7f, 0, 0, 1 },	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },	{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (*s < rows[i].first || *s > rows[i].last)
			continue;
		*ret = rows[i].len == 1 ? *s : *s & (0xff >> (rows[i].len + 1));
		for (size_t k = 1; k < rows[i].len; k++) {
			if (k == 1 ? s[1] < rows[i].second_from || s[1] > rows[i].second_to :
			    (s[k] & 0xc0) != 0x80)
				return 0;
			*ret = *ret << 6 | (s[k] & 0x3f);
		}
		return rows[i].len;
	}
	return 0;
}

/* Controls, separators of lines and paragraphs, and what turns the direction of writing. */
static bool is_obeyed(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool is_clean(const char *text)
{
	uint32_t c;
	size_t n;

	for (; *text; text += n) {
		n = decode((const unsigned char *)text, &c);
		if (!n || is_obeyed(c))
			return false;
	}
	return true;
}

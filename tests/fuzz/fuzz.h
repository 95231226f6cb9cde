/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * fuzz - what the fuzz targets share. A target takes any bytes, gives them to the
 * code under test, and checks what must hold whatever they were.
 */
#ifndef PAGEFLIGHT_FUZZ_H
#define PAGEFLIGHT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End with a crash, of which libFuzzer keeps the input. */
#define CHECK(cond) ((cond) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #cond))

_Noreturn void fuzz_failed(const char *file, int line, const char *cond);

/* The bytes that are not taken yet. Behind the end there are zeros. */
struct input {
	const uint8_t *at;
	size_t left;
};

/* The next n bytes as a number, low byte first; n is at most 8. */
uint64_t take(struct input *in, unsigned int n);

/* The next len bytes. */
void take_bytes(struct input *in, void *ret, size_t len);

/* The bytes up to the next NUL or newline, as a string of its own memory. */
char *take_line(struct input *in);

/* All that is left, as one. */
char *take_text(struct input *in);

/* Is the text UTF-8 without a character that a terminal obeys? */
bool is_clean(const char *text);

#endif

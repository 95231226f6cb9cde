/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* say - how a test program gives up, and what time it is. */
#ifndef TESTS_SAY_H
#define TESTS_SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * What has to hold, or the program ends with status 1. It says the line of the
 * caller, the text and what errno means: clear errno where it has no meaning.
 */
#define must(ok, ...)								\
	do {									\
		if (!(ok))							\
			must_fail(__FILE__, __LINE__, __VA_ARGS__);		\
	} while (0)

void must_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* If set, called instead of the end of the program; does not return. cmocka's is _fail(). */
extern void (*must_end)(const char *file, int line);

/* In nanoseconds; under --icount in instructions of the guest. */
uint64_t now_ns(clockid_t clock);

/* Monotonic, in microseconds. */
uint64_t now_us(void);

/* 50 microseconds, between two looks at a condition. */
void nap(void);

#endif

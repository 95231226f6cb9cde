// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* say - see say.h. */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool say_tracing;

void must(bool ok, const char *format, ...)
{
	int err = errno;
	va_list args;

	if (ok)
		return;
	fputs("truth: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(err));
	exit(1);
}

void trace(const char *format, ...)
{
	va_list args;

	if (!say_tracing)
		return;
	fprintf(stderr, "%10.3f  ", now_us() % 1000000000 / 1e3);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

void nap(void)
{
	const struct timespec step = { .tv_nsec = 50 * 1000 };

	nanosleep(&step, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* say - see say.h. */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*must_end)(const char *file, int line);

void must_fail(const char *file, int line, const char *format, ...)
{
	int err = errno;
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: %s:%d: ", program_invocation_short_name, file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(err));
	if (must_end)
		must_end(file, line);
	exit(1);
}

uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	must(!clock_gettime(clock, &t), "clock_gettime");
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t now_us(void)
{
	return now_ns(CLOCK_MONOTONIC) / 1000;
}

void nap(void)
{
	const struct timespec step = { .tv_nsec = 50 * 1000 };

	nanosleep(&step, NULL);
}

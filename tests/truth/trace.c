// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* trace - see trace.h. */
#include "trace.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/say.h"

bool trace_on;

void trace(const char *format, ...)
{
	va_list args;

	if (!trace_on)
		return;
	fprintf(stderr, "%10.3f  ", now_us() % 1000000000 / 1e3);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

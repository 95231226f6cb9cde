// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* err.c - see err.h. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *ret_err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_err->text, sizeof(ret_err->text), format, args);
	va_end(args);
	return code;
}

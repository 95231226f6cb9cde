/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * log - talk on stderr, one line a call. Data goes to stdout, by the sinks.
 */
#ifndef PAGEFLIGHT_LOG_H
#define PAGEFLIGHT_LOG_H

#include <stdbool.h>

#define LOG_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * Without a newline at the end. The program's name is put before, and before an
 * error the name of the command, too.
 */
void log_error(const char *fmt, ...) LOG_FORMAT(1, 2);
void log_info(const char *fmt, ...) LOG_FORMAT(1, 2);

/* Only said after log_set_verbose(true). */
void log_debug(const char *fmt, ...) LOG_FORMAT(1, 2);

void log_set_verbose(bool verbose);

/* From now on errors are those of this command. The name is not copied. */
void log_set_command(const char *name);

#endif

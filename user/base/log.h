/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * log - messages on stderr, one line a call. Data goes to stdout, by the sinks.
 */
#ifndef PAGEFLIGHT_LOG_H
#define PAGEFLIGHT_LOG_H

#include <stdbool.h>
#include <stddef.h>

#define LOG_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * The text has no newline at its end. The name of the program is put in front
 * of it, and in front of an error also the name of the command. What a terminal would obey becomes '?'.
 */
void log_error(const char *fmt, ...) LOG_FORMAT(1, 2);
void log_info(const char *fmt, ...) LOG_FORMAT(1, 2);

/* Printed only after log_set_verbose(true). */
void log_debug(const char *fmt, ...) LOG_FORMAT(1, 2);

/* From now on lines go to write, not to stderr; NULL: to stderr again. */
typedef void (*log_write_fn)(void *ctx, const char *line, size_t len);
void log_set_writer(log_write_fn write, void *ctx);

/*
 * From now on each line begins with its priority, "<3>" of an error: that is for the journal, which
 * takes it off. log_is_journal(): is standard error the journal's, as $JOURNAL_STREAM has it?
 */
void log_set_priorities(bool priorities);
bool log_is_journal(void);

void log_set_verbose(bool verbose);
bool log_is_verbose(void);

/* Errors name this command from now on. The name is not copied. */
void log_set_command(const char *name);

#endif

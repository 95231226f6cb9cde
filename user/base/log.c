// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * log.c - see log.h. Each line is one write, so that lines of several processes
 * on one terminal do not mix.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "fmt.h"

#define LINE_MAX_LEN 1024

static bool log_verbose;
static const char *log_command;
static log_write_fn log_writer;
static void *log_writer_ctx;
static bool log_priorities;

static void say(int priority, const char *command, const char *fmt, va_list args) LOG_FORMAT(3, 0);

static void say(int priority, const char *command, const char *fmt, va_list args)
{
	char line[LINE_MAX_LEN], text[LINE_MAX_LEN], mark[8] = "";
	size_t n;
	int head;

	if (log_priorities)
		snprintf(mark, sizeof(mark), "<%d>", priority);
	head = snprintf(line, sizeof(line), "%spageflight: %s%s", mark, command ? command : "",
			command ? ": " : "");
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		return;
	/* Arguments can be anybody's words. */
	fmt_cell(line + head, sizeof(line) - head - 1, text, sizeof(text), false);
	n = strlen(line);
	line[n] = '\n';
	if (log_writer) {
		log_writer(log_writer_ctx, line, n + 1);
		return;
	}
	/* There is nobody left to tell that stderr is closed. */
	if (write(STDERR_FILENO, line, n + 1) < 0)
		return;
}

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_ERR, log_command, fmt, args);
	va_end(args);
}

void log_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(LOG_INFO, NULL, fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	if (!log_verbose)
		return;
	va_start(args, fmt);
	say(LOG_DEBUG, NULL, fmt, args);
	va_end(args);
}

void log_set_priorities(bool priorities)
{
	log_priorities = priorities;
}

bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st))
		return false;
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return !strcmp(stream, own);
}

bool log_is_verbose(void)
{
	return log_verbose;
}

void log_set_writer(log_write_fn write, void *ctx)
{
	log_writer = write;
	log_writer_ctx = ctx;
}

void log_set_verbose(bool verbose)
{
	log_verbose = verbose;
}

void log_set_command(const char *name)
{
	log_command = name;
}

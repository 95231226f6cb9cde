/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * commands - the subcommands as data. main.c parses their options, prints their
 * help and reports what is wrong with a command line.
 */
#ifndef PAGEFLIGHT_COMMANDS_H
#define PAGEFLIGHT_COMMANDS_H

#include <stddef.h>
#include "base/opts.h"

/* Exit statuses. With a COMMAND of its own, watch ends with the status of that. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,	/* stderr says why; or the test of demo or probe did not pass */
	EXIT_USAGE = 2,		/* an option or its value makes no sense */
	EXIT_FOUND = 3,		/* an incident at or above --fail-on */
};

/* Exit statuses of ls and of wait, beside EXIT_USAGE. */
enum {
	EXIT_HELD = 0,		/* ls: something is held */
	EXIT_NOTHING = 1,	/* ls: nothing is */
	EXIT_BLIND = 4,		/* ls: it could not look */
	EXIT_FREE = 0,		/* wait: nothing is held any more */
	EXIT_TIMEOUT = 4,	/* wait: something still is */
};

struct command {
	struct command_spec spec;
	const char *summary;	/* one line, for the list of commands */
	const void *defaults;	/* of the options */
	size_t size;		/* of the options */
	int failed;		/* status of what could not be done; 0: EXIT_FAILED */

	/* opts: a copy of the defaults with what was given; operands end with NULL. */
	int (*run)(void *opts, char **operands);
};

extern const struct command command_watch;
extern const struct command command_top;
extern const struct command command_serve;
extern const struct command command_record;
extern const struct command command_report;
extern const struct command command_demo;
extern const struct command command_probe;
extern const struct command command_ls;
extern const struct command command_wait;

#endif

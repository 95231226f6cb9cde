/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * opts - options as data: one table per command is what is parsed and what
 * --help prints. Values go into a struct of the command, by offset. Pure but
 * for getopt's own state.
 */
#ifndef PAGEFLIGHT_OPTS_H
#define PAGEFLIGHT_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

struct err;

enum opt_kind {
	OPT_FLAG,	/* bool, no argument */
	OPT_UINT,	/* unsigned int */
	OPT_SIZE,	/* unsigned int, bytes; K, M or G of 1024 may follow */
	OPT_SECONDS,	/* __u64 nanoseconds, from decimal seconds */
	OPT_RATIO,	/* unsigned int N, from 1/N */
	OPT_NAME,	/* int, index into names */
	OPT_TEXT,	/* const char *, not empty, points into argv */
	OPT_ADD,	/* handled by `add`, each time it is given */
};

struct opt {
	const char *name;	/* long form; the row without one ends the table */
	char letter;		/* short form or 0 */
	enum opt_kind kind;
	size_t at;		/* offsetof the value */
	__u64 min, max;		/* of UINT, RATIO, SIZE, and SECONDS in nanoseconds */
	const char *const *names; /* of NAME */
	int n_names;
	int (*add)(void *at, int which, const char *text);	/* of ADD: 0 or -errno */
	int which;		/* of ADD: second argument of add */
	const char *what;	/* of ADD: what a value must be, for the error */
	const char *arg;	/* what --help calls the argument */
	const char *help;
};

struct command_spec {
	const char *name;	/* "watch" */
	const char *args;	/* operands in the usage line, or "" */
	const char *about;	/* what it does, lines without the last newline */
	const char *notes;	/* after the options, or NULL */
	bool operands;		/* a command may follow, after "--" */
	bool files;		/* operands may stand anywhere */
	const struct opt *opts;
};

#define OPTS_HELP 1

/*
 * Parse argv[1 ..] into *values, which holds the defaults. -h and --help are
 * built in. Returns 0 with *ret_first the index of the first operand;
 * OPTS_HELP; or -EINVAL with ret_err set.
 */
int opts_parse(const struct command_spec *spec, int argc, char **argv, void *values,
	       int *ret_first, struct err *ret_err);

void opts_help(FILE *out, const struct command_spec *spec);

/*
 * The same for programs: a line for each option, with tabs between the name of the command, the
 * short and the long form, what the argument is called, the values it may have if those are
 * words, between blanks, and the help.
 */
void opts_list(FILE *out, const struct command_spec *spec);

/* The parsers of single values. They take all of the text, and return 0, -EINVAL or -ERANGE. */
int opts_uint(const char *text, __u64 min, __u64 max, __u64 *ret_value);
int opts_size(const char *text, __u64 min, __u64 max, __u64 *ret_value);
int opts_ratio(const char *text, __u64 min, __u64 max, __u64 *ret_n);
int opts_seconds(const char *text, __u64 min, __u64 max, __u64 *ret_ns);

#endif

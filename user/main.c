// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * main - from a command line to a command and its options.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/version.h"
#include "commands/commands.h"

/* The first one is the default. */
static const struct command *const commands[] = {
	&command_watch, &command_top, &command_serve, &command_record, &command_report, &command_ls, &command_wait,
	&command_demo, &command_probe,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* The exit status of what did nothing but print. */
static int printed(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_DONE;
	log_error("cannot write to standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

static int print_help(void)
{
	puts("Usage: pageflight [COMMAND] [OPTION...]\n\n"
	     "Reports memory pages that were overwritten while a TCP connection still held\n"
	     "them: by whom, in which file, on which connection, and whether the peer got\n"
	     "wrong bytes.\n\nCommands:");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-8s %s\n", commands[i]->spec.name, commands[i]->summary);
	puts("\n'pageflight COMMAND --help' lists the options of a command.\n"
	     "  --help, --version   show this, or the version\n\n"
	     "Exit status: 0 done; 1 failed; 2 usage; 3 an incident at or above --fail-on.\n"
	     "Of ls: 0 something is held; 1 nothing is; 2 usage; 4 it could not look.\n"
	     "Of wait: 0 nothing is held; 1 failed; 2 usage; 4 something still is.");
	return printed();
}

/* For completions and tests; not in the help. */
static int print_options(void)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		opts_list(stdout, &commands[i]->spec);
	return printed();
}

static int print_version(void)
{
	printf("pageflight %s\n", version_text);
	return printed();
}

static int parse_and_run(const struct command *c, void *opts, int argc, char **argv)
{
	struct err err;
	int first;

	switch (opts_parse(&c->spec, argc, argv, opts, &first, &err)) {
	case 0:
		return c->run(opts, argv + first);
	case OPTS_HELP:
		opts_help(stdout, &c->spec);
		return printed();
	default:
		log_error("%s", err.text);
		return EXIT_USAGE;
	}
}

static int run_command(const struct command *c, int argc, char **argv)
{
	void *opts = malloc(c->size);
	int status;

	log_set_command(c->spec.name);
	if (!opts) {
		log_error("out of memory");
		return c->failed ? c->failed : EXIT_FAILED;
	}
	memcpy(opts, c->defaults, c->size);
	status = parse_and_run(c, opts, argc, argv);
	free(opts);
	return status;
}

/*
 * A closed stdin, stdout or stderr would give its number to a file of ours.
 * Reading it ends at once, writing to it fails.
 */
static void hold_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			_exit(EXIT_FAILED);
	}
}

int main(int argc, char **argv)
{
	hold_standard_fds();
	log_set_priorities(log_is_journal());
	if (argc < 2)
		return run_command(commands[0], 1, (char *[]){ "pageflight", NULL });
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help();
	if (!strcmp(argv[1], "--version"))
		return print_version();
	if (!strcmp(argv[1], "--options"))
		return print_options();
	if (argv[1][0] == '-')
		return run_command(commands[0], argc, argv);
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i]->spec.name))
			return run_command(commands[i], argc - 1, argv + 1);
	}
	log_error("unknown command '%s'; see pageflight --help", argv[1]);
	return EXIT_USAGE;
}

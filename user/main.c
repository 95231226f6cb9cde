// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * main - the table of subcommands.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "base/log.h"

#ifndef PF_VERSION
#define PF_VERSION "0.1.0"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "watch", cmd_watch, "report overwrites as they happen (the default)" },
	{ "demo", cmd_demo, "make one happen on loopback and show what it does" },
	{ "probe", cmd_probe, "show what this kernel lets pageflight see, and test it" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(void)
{
	puts("Usage: pageflight [COMMAND] [OPTION...]\n\n"
	     "Reports memory pages that were overwritten while a TCP connection still held\n"
	     "them: by whom, in which file, on which connection, and whether the peer got\n"
	     "wrong bytes.\n\nCommands:");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].help);
	puts("\n'pageflight COMMAND --help' lists the options of a command.\n"
	     "  --help, --version   show this, or the version\n\n"
	     "Exit status: 0 done; 1 failed; 2 usage; 3 an incident at or above --fail-on.");
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
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
	/* A command that begins with an option is watch. */
	if (argc < 2)
		return cmd_watch(1, (char *[]){ "watch", NULL });
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help();
	if (!strcmp(argv[1], "--version")) {
		puts("pageflight " PF_VERSION);
		return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	}
	if (argv[1][0] == '-')
		return cmd_watch(argc, argv);
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	log_error("unknown command '%s'; see pageflight --help", argv[1]);
	return EXIT_USAGE;
}

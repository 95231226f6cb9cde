/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * commands - one function per subcommand. argv[0] is the name of the command;
 * the answer is the exit status.
 */
#ifndef PAGEFLIGHT_COMMANDS_H
#define PAGEFLIGHT_COMMANDS_H

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_FOUND = 3,		/* an incident at or above --fail-on */
};

int cmd_watch(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_probe(int argc, char **argv);

#endif

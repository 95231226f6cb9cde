// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* watch.c - pageflight watch: from options to a session, and to an exit status. */
#include "commands.h"
#include "watching.h"

static const struct opt options[] = {
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = WATCH_AT(session.report.json),
	  .help = "JSON lines instead of a table" },
	WATCH_OUTPUT_OPTS,
	{ .name = "metrics", .kind = OPT_TEXT, .at = WATCH_AT(session.report.metrics),
	  .arg = "FILE", .help = "keep numbers for Prometheus in FILE, every 15 s" },
	{ .name = "no-group", .kind = OPT_FLAG, .at = WATCH_AT(session.report.no_group),
	  .help = "a line for each incident of a storm, too" },
	WATCH_MAX_SIZE_OPT,
	WATCH_END_OPTS,
	WATCH_MIN_VERDICT_OPT,
	WATCH_LOOK_OPTS,
	{ 0 },
};

static int cmd_watch(void *opts, char **command)
{
	return watching_run(opts, command);
}

static const struct watch_opts defaults = { WATCH_DEFAULTS() };

const struct command command_watch = {
	.spec = {
		.name = "watch",
		.args = "[-- COMMAND [ARG...]]",
		.about =
"Report each overwrite of a page that a TCP connection still holds, as it happens,\n"
"and a summary at the end: on Ctrl-C, after --duration or --count, or when COMMAND,\n"
"which is started once everything is attached, ends. COMMAND is sent SIGTERM if\n"
"something else ends the run.",
		.notes =
"Options marked with * can be given up to 16 times: any of their values will do.\n"
"Of different ones all must hold.\n\n"
"Verdicts, weakest first: identical, near-miss, possible, mixed, corrupt. One that\n"
"is marked with '*' had evidence lost.\n\n"
"Exit status: 3 if --fail-on found something; else that of COMMAND, or 128 plus the\n"
"signal that killed it; else 0 done, 1 failed, 2 usage.",
		.operands = true,
		.opts = options,
	},
	.summary = "report overwrites as they happen (the default)",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_watch,
};

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* record.c - pageflight record: a session whose output is a recording. */
#include "base/log.h"
#include "commands.h"
#include "watching.h"

static const struct opt options[] = {
	{ .name = "output", .letter = 'o', .kind = OPT_TEXT, .at = WATCH_AT(session.report.record),
	  .arg = "FILE", .help = "the recording to make; needed" },
	WATCH_MAX_SIZE_OPT,
	WATCH_END_OPTS,
	WATCH_LOOK_OPTS,
	{ 0 },
};

static int cmd_record(void *values, char **command)
{
	struct watch_opts *opts = values;

	if (!opts->session.report.record) {
		log_error("say with -o where the recording is to be");
		return EXIT_USAGE;
	}
	opts->session.report.quiet = true;
	opts->session.report.record_vital = true;
	return watching_run(opts, command);
}

static const struct watch_opts defaults = { WATCH_DEFAULTS() };

const struct command command_record = {
	.spec = {
		.name = "record",
		.args = "-o FILE [-- COMMAND [ARG...]]",
		.about =
"Keep all evidence of overwrites in a file, which 'pageflight report' explains later\n"
"and elsewhere, and print a summary at the end: on Ctrl-C, after --duration or --count,\n"
"or when COMMAND, which is started once everything is attached, ends.",
		.notes =
"Options marked with * can be given up to 16 times: any of their values will do.\n"
"Of different ones all must hold.\n\n"
"Exit status: 3 if --fail-on found something; else that of COMMAND, or 128 plus the\n"
"signal that killed it; else 0 done, 1 failed, 2 usage.",
		.operands = true,
		.opts = options,
	},
	.summary = "keep all evidence in a file",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_record,
};

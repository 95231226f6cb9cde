// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* serve.c - pageflight serve: a session that is left on, and offers its numbers. */
#include <string.h>

#include "base/listen.h"
#include "base/log.h"
#include "commands.h"
#include "watching.h"

static const struct opt options[] = {
	{ .name = "listen", .kind = OPT_TEXT, .at = WATCH_AT(session.report.listen),
	  .arg = "ADDR:PORT", .help = "serve numbers there, or 'none' (127.0.0.1:9713)" },
	{ .name = "metrics", .kind = OPT_TEXT, .at = WATCH_AT(session.report.metrics),
	  .arg = "FILE", .help = "keep the same numbers in FILE, every 15 s" },
	{ .name = "output", .kind = OPT_TEXT, .at = WATCH_AT(session.report.output),
	  .arg = "FILE", .help = "append JSON lines to FILE as well" },
	{ .name = "exec", .kind = OPT_TEXT, .at = WATCH_AT(session.report.exec), .arg = "COMMAND",
	  .help = "run a shell command for each incident, with its JSON as input" },
	{ .name = "record", .kind = OPT_TEXT, .at = WATCH_AT(session.report.record), .arg = "FILE",
	  .help = "record all evidence in FILE, for 'pageflight report'" },
	WATCH_MAX_SIZE_OPT,
	{ .name = "min-verdict", .kind = OPT_NAME, .at = WATCH_AT(session.report.min_verdict),
	  .names = pf_verdict_names, .n_names = PF_VERDICT_MAX, .arg = "VERDICT",
	  .help = "print only incidents at or above VERDICT" },
	WATCH_LOOK_OPTS,
	{ 0 },
};

static int cmd_serve(void *values, char **operands)
{
	struct watch_opts *opts = values;
	struct sockaddr_storage addr;
	socklen_t len;

	if (!strcmp(opts->session.report.listen, "none"))
		opts->session.report.listen = NULL;
	else if (listen_parse(opts->session.report.listen, &addr, &len)) {
		log_error("--listen: '%s' is not ADDRESS:PORT, of numbers", opts->session.report.listen);
		return EXIT_USAGE;
	}
	opts->session.service = true;
	return watching_run(opts, operands);
}

static const struct watch_opts defaults = {
	WATCH_DEFAULTS(.json = true, .listen = "127.0.0.1:9713")
};

const struct command command_serve = {
	.spec = {
		.name = "serve",
		.args = "",
		.about =
"Watch for as long as the host is up: incidents as JSON lines, and numbers about all of\n"
"it for Prometheus by HTTP, at /metrics; /healthz says whether the session is alive.\n"
"At the start it races with itself, and tells whether it saw that.",
		.notes =
"Options marked with * can be given up to 16 times: any of their values will do.\n"
"Of different ones all must hold.\n\n"
"Exit status: 3 if --fail-on found something; else 0 done, 1 failed, 2 usage.",
		.opts = options,
	},
	.summary = "stay, and offer numbers to Prometheus",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_serve,
};

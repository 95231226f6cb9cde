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
	WATCH_OUTPUT_OPTS,
	WATCH_MAX_SIZE_OPT,
	WATCH_MIN_VERDICT_OPT,
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

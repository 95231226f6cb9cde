// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* watch.c - pageflight watch: from options to a session, and to an exit status. */
#include <limits.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "kernel/filter.h"
#include "kernel/filter_places.h"
#include "kernel/sizing.h"
#include "run/ready.h"
#include "run/session.h"

#define AT(field) offsetof(struct watch_opts, field)
#define DAY (86400 * NSEC_PER_SEC)

struct watch_opts {
	struct session_opts session;
	struct filter filter;
	unsigned int ready_fd;
};

static const struct opt options[] = {
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = AT(session.report.json),
	  .help = "JSON lines instead of a table" },
	{ .name = "output", .kind = OPT_TEXT, .at = AT(session.report.output),
	  .arg = "FILE", .help = "append JSON lines to FILE as well" },
	{ .name = "exec", .kind = OPT_TEXT, .at = AT(session.report.exec), .arg = "COMMAND",
	  .help = "run a shell command for each incident, with its JSON as input" },
	{ .name = "no-group", .kind = OPT_FLAG, .at = AT(session.report.no_group),
	  .help = "a line for each incident of a storm, too" },
	{ .name = "duration", .kind = OPT_SECONDS, .at = AT(session.duration_ns),
	  .min = NSEC_PER_SEC / 1000, .max = 365 * DAY, .arg = "S",
	  .help = "end after S seconds" },
	{ .name = "count", .kind = OPT_UINT, .at = AT(session.report.count),
	  .min = 1, .max = UINT_MAX, .arg = "N", .help = "end after N incidents" },
	{ .name = "min-verdict", .kind = OPT_NAME, .at = AT(session.report.min_verdict),
	  .names = pf_verdict_names, .n_names = PF_VERDICT_MAX, .arg = "VERDICT",
	  .help = "print only incidents at or above VERDICT" },
	{ .name = "fail-on", .kind = OPT_NAME, .at = AT(session.report.fail_on),
	  .names = pf_verdict_names, .n_names = PF_VERDICT_MAX, .arg = "VERDICT",
	  .help = "exit with 3 if there was one at or above VERDICT" },
	{ .name = "settle", .kind = OPT_SECONDS, .at = AT(session.settle_ns),
	  .min = NSEC_PER_SEC / 1000, .max = 3600 * NSEC_PER_SEC, .arg = "S",
	  .help = "wait S seconds for an acknowledgement (2)" },
	{ .name = "content", .kind = OPT_NAME, .at = AT(session.loader.content),
	  .names = pf_content_names, .n_names = PF_CONTENT_MAX, .arg = "MODE",
	  .help = "compare the bytes: off, edges or wire (edges)" },
	{ .name = "sample", .kind = OPT_RATIO, .at = AT(session.loader.sample),
	  .min = 1, .max = 1u << 20, .arg = "1/N",
	  .help = "compare the bytes of one page in N" },
	FILTER_OPTS(AT(filter)),
	{ .name = "max-pages", .kind = OPT_UINT, .at = AT(session.loader.max_pages),
	  .min = 64, .max = SIZING_PAGES_MAX, .arg = "N",
	  .help = "pages in flight followed at once (from memory)" },
	{ .name = "max-conns", .kind = OPT_UINT, .at = AT(session.loader.max_conns),
	  .min = 1, .max = SIZING_CONNS_MAX, .arg = "N",
	  .help = "connections followed at once (one for 32 pages)" },
	{ .name = "ring-size", .kind = OPT_SIZE, .at = AT(session.loader.ring_bytes),
	  .min = 4096, .max = 1u << 30, .arg = "BYTES",
	  .help = "ring buffer, rounded up to a power of two; K, M or G" },
	{ .name = "ready-fd", .kind = OPT_UINT, .at = AT(ready_fd), .min = 3, .max = INT_MAX, .arg = "N",
	  .help = "write a newline to descriptor N once attached" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG, .at = AT(session.loader.verbose),
	  .help = "say more on stderr" },
	{ 0 },
};

static int run(struct watch_opts *opts, char **command)
{
	struct session_result result = { 0 };
	struct child child;
	int err;

	log_set_verbose(opts->session.loader.verbose);
	if (*command) {
		err = child_start(&child, child_exec, command);
		if (err) {
			log_error("cannot start a process: %s", strerror(-err));
			return EXIT_FAILED;
		}
		opts->session.child = &child;
	}
	err = session_run(&opts->session, &result);
	if (err)
		return EXIT_FAILED;
	if (result.found)
		return EXIT_FOUND;
	return result.child_ended ? result.child_status : EXIT_DONE;
}

static int cmd_watch(void *values, char **command)
{
	struct watch_opts *opts = values;
	int status = EXIT_USAGE;
	struct err err;

	if (opts->ready_fd != UINT_MAX &&
	    ready_take(opts->ready_fd, &opts->session.ready_fd, &err)) {
		log_error("%s", err.text);
		return EXIT_USAGE;
	}
	opts->session.loader.filter = &opts->filter;
	if (filter_places_find(&opts->filter, &err))
		log_error("%s", err.text);
	else
		status = run(opts, command);
	filter_places_close(&opts->filter);
	return status;
}

static const struct watch_opts defaults = {
	.session = {
		.loader = { .content = PF_CONTENT_EDGES },
		.report = { .fail_on = -1 },
		.ready_fd = -1,
		.confined = true,
	},
	.ready_fd = UINT_MAX,
};

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

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * demo.c - pageflight demo: a session that watches a race of our own making. Its
 * incidents come the same way as in watch. The demo adds a comparison with what
 * the peer received.
 */
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "demo_check.h"
#include "output/sink.h"
#include "run/session.h"

#define TIMEOUT_NS (30 * NSEC_PER_SEC)

struct demo_opts {
	bool json;
	bool verbose;
	const char *path;
};

struct demo {
	struct race race;
	struct demo_report report;
};

static const struct opt options[] = {
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = offsetof(struct demo_opts, json),
	  .help = "JSON lines instead of text" },
	{ .name = "file", .kind = OPT_TEXT, .at = offsetof(struct demo_opts, path), .arg = "PATH",
	  .help = "the file to make, overwrite and remove" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	  .at = offsetof(struct demo_opts, verbose), .help = "say more on stderr" },
	{ 0 },
};

static void on_incident(void *ctx, const struct shown *shown)
{
	struct demo *demo = ctx;

	demo_take(&demo->report, &demo->race, shown);
}

static int conclude(const struct demo *demo, const struct demo_opts *opts)
{
	struct demo_check check;
	bool passed = demo_check(&demo->race, &demo->report, &check);
	int err = 0;

	if (opts->json)
		err = demo_print_json(stdout, &demo->race, &check, passed);
	else
		demo_print(stdout, &demo->race, &demo->report, &check, passed);
	err = err ?: sink_flush(stdout);
	if (err) {
		log_error("cannot write to standard output: %s", strerror(-err));
		return EXIT_FAILED;
	}
	return passed ? EXIT_DONE : EXIT_FAILED;
}

static int run(struct demo *demo, const struct demo_opts *opts)
{
	struct session_result result = { 0 };
	struct child child;
	struct session_opts session = {
		.loader = { .verbose = opts->verbose, .content = PF_CONTENT_WIRE },
		.report = {
			.json = opts->json,
			.fail_on = -1,
			.on_incident = on_incident,
			.ctx = demo,
		},
		.duration_ns = TIMEOUT_NS,
		.ready_fd = -1,
		.confined = false,	/* it has a file to remove */
		.child = &child,
	};
	int err;

	err = child_start(&child, race_run, &demo->race);
	if (err) {
		log_error("cannot start a process: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (session_run(&session, &result))
		return EXIT_FAILED;
	if (!result.child_ended || result.child_status) {
		log_error("the race could not be made: %s", demo->race.result->failed[0] ?
			  demo->race.result->failed : "it was interrupted");
		return EXIT_FAILED;
	}
	return conclude(demo, opts);
}

static int cmd_demo(void *values, char **operands)
{
	const struct demo_opts *opts = values;
	struct demo *demo = calloc(1, sizeof(*demo));
	int status = EXIT_FAILED;
	struct err err;

	(void)operands;
	log_set_verbose(opts->verbose);
	if (!demo) {
		log_error("out of memory");
	} else if (race_new(&demo->race, opts->path, &err)) {
		log_error("%s", err.text);
	} else {
		status = run(demo, opts);
		race_free(&demo->race);
	}
	free(demo);
	return status;
}

static const struct demo_opts defaults;

const struct command command_demo = {
	.spec = {
		.name = "demo",
		.args = "",
		.about =
"Send a file over loopback with sendfile(), overwrite a part of it before the peer\n"
"has read it, and compare what the peer got with what pageflight reports. Takes a\n"
"second, and touches nothing but a file of its own.",
		.notes =
"Exit status: 0 if the report is exactly what happened, else 1; 2 usage.",
		.opts = options,
	},
	.summary = "make one happen on loopback and show what it does",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_demo,
};

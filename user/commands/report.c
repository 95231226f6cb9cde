// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* report.c - pageflight report: what a recording says. */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "review/lines.h"

#define AT(field) offsetof(struct report_cmd, field)

struct report_cmd {
	bool json;
};

static const struct opt options[] = {
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = AT(json),
	  .help = "the JSON lines that the session printed or would have printed" },
	{ 0 },
};

/* What a replay could not do belongs beside what it shows. */
static void say_result(const struct reader *r, const struct replay_result *result)
{
	if (!result->ended)
		log_info("%s: the session did not come to its end: there is no summary", r->path);
	if (result->lost)
		log_info("%s: %llu pieces of evidence are missing", r->path, result->lost);
	if (result->other)
		log_info("%s: of %llu incidents evidence is missing: they were judged otherwise then",
			 r->path, result->other);
}

static int show(struct reader *r, const struct report_cmd *opts)
{
	struct replay_result result = { 0 };
	struct err text;
	int err;

	(void)opts;
	err = lines_print(r, stdout, &result, &text);
	if (err)
		log_error("%s", text.text);
	else
		say_result(r, &result);
	return err ? EXIT_FAILED : EXIT_DONE;
}

static int cmd_report(void *values, char **files)
{
	struct reader *r;
	struct err err;
	int status;

	if (!files[0] || files[1]) {
		log_error("give it one recording");
		return EXIT_USAGE;
	}
	if (reader_open(&r, files[0], &err)) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	status = show(r, values);
	reader_close(r);
	return status;
}

static const struct report_cmd defaults;

const struct command command_report = {
	.spec = {
		.name = "report",
		.args = "FILE",
		.about =
"Explain a recording that 'pageflight record' has made, on any machine. Needs no\n"
"privileges, and changes nothing.",
		.files = true,
		.opts = options,
	},
	.summary = "explain a recording",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_report,
};

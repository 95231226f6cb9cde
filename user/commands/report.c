// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* report.c - pageflight report: what a recording says. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "review/case_text.h"
#include "review/html.h"
#include "review/lines.h"
#include "review/overview.h"
#include "review/trace.h"

#define AT(field) offsetof(struct report_cmd, field)

struct report_cmd {
	bool json;
	bool repair;
	unsigned int number;	/* of a case; 0: none */
	const char *html;	/* files to write; NULL: none */
	const char *trace;
};

static const struct opt options[] = {
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = AT(json),
	  .help = "the JSON lines that the session printed or would have printed" },
	{ .name = "case", .kind = OPT_UINT, .at = AT(number), .min = 1, .max = UINT_MAX, .arg = "N",
	  .help = "draw incident N: how write and flight crossed" },
	{ .name = "html", .kind = OPT_TEXT, .at = AT(html), .arg = "FILE",
	  .help = "write a page with pictures of the cases" },
	{ .name = "trace", .kind = OPT_TEXT, .at = AT(trace), .arg = "FILE",
	  .help = "write Chrome trace events, for Perfetto's viewer" },
	{ .name = "repair", .kind = OPT_FLAG, .at = AT(repair),
	  .help = "what each peer has to fetch again" },
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

/* What was printed is out, or it is said why not. */
static int printed(int err)
{
	err = err ?: sink_flush(stdout);
	if (err == -ENOMEM)
		log_error("out of memory");
	else if (err)
		log_error("cannot write to standard output: %s", strerror(-err));
	return err;
}

static int show_lines(struct reader *r)
{
	struct replay_result result = { 0 };
	struct err text;
	int err = lines_print(r, stdout, &result, &text);

	if (err)
		log_error("%s", text.text);
	else
		say_result(r, &result);
	return err;
}

static int show_case(const struct review *v, unsigned int number)
{
	const struct kase *c = review_case(v, number);

	if (!c) {
		log_error("%s has no case %u", v->r->path, number);
		return -ENOENT;
	}
	case_print(stdout, v, c);
	return printed(0);
}

/* A file that is there is replaced. */
static int show_in(const char *path, int (*print)(FILE *out, const struct review *v), const struct review *v)
{
	FILE *out = fopen(path, "we");
	int err = out ? 0 : -errno;

	err = err ?: print(out, v);
	err = err ?: sink_flush(out);
	if (out && fclose(out))
		err = err ?: -errno;
	if (err)
		log_error("cannot write to %s: %s", path, strerror(-err));
	return err;
}

static int show(const struct review *v, const struct report_cmd *opts)
{
	if (opts->html || opts->trace)
		return (opts->html ? show_in(opts->html, html_print, v) : 0) ?:
		       (opts->trace ? show_in(opts->trace, trace_print, v) : 0);
	if (opts->number)
		return show_case(v, opts->number);
	return printed(opts->repair ? repair_print(stdout, v) : overview_print(stdout, v));
}

/* What can be read is shown, also if something is damaged behind it. */
static int open_review(struct review **ret_review, struct reader *r)
{
	struct err text;
	int err = review_new(ret_review, r, &text);

	if (err)
		log_error("%s", text.text);
	else
		say_result(r, &(*ret_review)->result);
	return err;
}

static int run_one(struct reader *r, const struct report_cmd *opts)
{
	struct review *v;
	int err;

	if (opts->json)
		return show_lines(r);
	err = open_review(&v, r);
	if (v && (!err || v->n_cases))
		err = show(v, opts) ?: err;
	review_free(v);
	return err;
}

static int run_two(struct reader *a, struct reader *b)
{
	struct review *x = NULL, *y = NULL;
	int err = open_review(&x, a) ?: open_review(&y, b);

	if (!err)
		err = printed(compare_print(stdout, x, y));
	review_free(x);
	review_free(y);
	return err;
}

static int open_all(char **files, struct reader *ret_readers[2])
{
	struct err err;

	for (int i = 0; i < 2 && files[i]; i++) {
		if (!reader_open(&ret_readers[i], files[i], &err))
			continue;
		log_error("%s", err.text);
		return -1;
	}
	return 0;
}

static int cmd_report(void *values, char **files)
{
	const struct report_cmd *opts = values;
	struct reader *readers[2] = { NULL, NULL };
	int err;

	if (!files[0] || (files[1] && files[2])) {
		log_error("give it one recording, or two to compare");
		return EXIT_USAGE;
	}
	if (opts->json + opts->repair + (opts->number > 0) + (opts->html || opts->trace) +
	    (files[1] != NULL) > 1) {
		log_error("of --json, --case, --repair, files to write and a second recording, give one");
		return EXIT_USAGE;
	}
	err = open_all(files, readers);
	if (!err)
		err = files[1] ? run_two(readers[0], readers[1]) : run_one(readers[0], opts);
	reader_close(readers[0]);
	reader_close(readers[1]);
	return err ? EXIT_FAILED : EXIT_DONE;
}

static const struct report_cmd defaults;

const struct command command_report = {
	.spec = {
		.name = "report",
		.args = "FILE [FILE]",
		.about =
"Explain a recording that 'pageflight record' has made, on any machine, or compare two.\n"
"Needs no privileges, and changes nothing.",
		.files = true,
		.opts = options,
	},
	.summary = "explain a recording",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_report,
};

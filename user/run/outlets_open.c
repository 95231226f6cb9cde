// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* outlets_open.c - which outlets a session has: see outlets.h. */
#include "outlets.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "confine.h"
#include "helpers.h"
#include "output/groups.h"
#include "record/shown_pack.h"
#include "report.h"

/* What may wait for a process. */
#define LINES_BYTES (4u << 20)
#define RECORD_BYTES (32u << 20)
#define RECORD_HOLD (64u << 10)
#define METRICS_BYTES (256u << 10)	/* some texts */

static int failed(const char *what, int err)
{
	if (err)
		log_error("%s: %s", what, strerror(-err));
	return err;
}

static const struct sink_ops *stdout_ops(const struct report_opts *opts)
{
	return opts->json ? &sink_json : opts->quiet ? &sink_quiet : &sink_table;
}

/* Whoever is seated before it has the session's output. */
static int open_screen(struct outlets *all)
{
	const struct outlet_process process = {
		.name = "pageflight-top", .run = helper_top, .ctx = (void *)all->opts->view,
		.ops = &sink_view, .max_bytes = LINES_BYTES,
	};
	struct outlet *o = &all->at[all->n++];
	int err = outlet_helper(o, "the screen", &process);

	o->vital = true;
	return failed("cannot start", err);
}

static int open_stdout(struct outlets *all)
{
	int err;

	if (all->opts->view)
		return open_screen(all);
	err = outlet_stdout(&all->at[all->n++], stdout_ops(all->opts));
	if (!err && !all->opts->json && !all->opts->no_group)
		err = groups_new(&all->groups);
	all->at[0].sink.groups = all->groups;
	return failed("cannot start", err);
}

static int open_file(struct outlets *all)
{
	const struct outlet_process process = {
		.name = "pageflight-file", .run = helper_file, .ctx = (void *)all->opts->output,
		.ops = &sink_json, .summary = true, .max_bytes = LINES_BYTES,
	};
	int fd = helper_file_open(all->opts->output);

	if (fd < 0) {
		log_error("cannot write to %s: %s", all->opts->output, strerror(-fd));
		return fd;
	}
	close(fd);
	all->file = &all->at[all->n++];
	return failed(all->opts->output, outlet_helper(all->file, all->opts->output, &process));
}

static int open_exec(struct outlets *all)
{
	const struct outlet_process process = {
		.name = "pageflight-exec", .run = helper_exec, .ctx = (void *)all->opts->exec,
		.ops = &sink_json, .max_bytes = LINES_BYTES,
	};

	return failed("--exec", outlet_helper(&all->at[all->n++], "--exec", &process));
}

static int open_record(struct outlets *all)
{
	const struct report_opts *opts = all->opts;
	const struct outlet_process process = {
		.name = "pageflight-rec", .run = writer_run, .ctx = &all->writer, .ops = &sink_record,
		.summary = true, .max_bytes = RECORD_BYTES, .hold = RECORD_HOLD,
	};
	struct err text;
	int err = writer_check(opts->record, &text);

	if (err) {
		log_error("%s", text.text);
		return err;
	}
	all->writer = (struct writer_opts){
		.path = opts->record, .max_bytes = opts->record_max, .confine = confine_record_writer,
	};
	all->record = &all->at[all->n++];
	err = failed(opts->record, outlet_helper(all->record, opts->record, &process));
	all->record->vital = opts->record_vital;
	return err;
}

static int open_metrics(struct outlets *all)
{
	const char *path = all->opts->metrics;
	const struct outlet_process process = {
		.name = "pageflight-num", .run = helper_metrics, .ctx = (void *)path,
		.ops = &sink_metrics, .texts = "texts", .summary = true, .max_bytes = METRICS_BYTES,
	};
	int err = helper_metrics_check(path);

	if (err) {
		log_error("cannot write to %s: %s", path, strerror(-err));
		return err;
	}
	all->metrics = &all->at[all->n++];
	return failed(path, outlet_helper(all->metrics, path, &process));
}

/* Without it nobody would look after the session, so there is none. */
static int open_http(struct outlets *all)
{
	const char *listen = all->opts->listen;
	int fd = helper_http_open(listen), err;
	const struct outlet_process process = {
		.name = "pageflight-http", .run = helper_http, .ops = &sink_metrics, .texts = "texts",
		.max_bytes = METRICS_BYTES, .keep = fd,
	};

	if (fd == -EOPNOTSUPP) {
		log_error("this pageflight was built without an HTTP server: say --listen none, and --metrics");
		return fd;
	}
	if (fd < 0) {
		log_error("cannot listen on %s: %s", listen, strerror(-fd));
		return fd;
	}
	all->http = &all->at[all->n++];
	err = failed(listen, outlet_helper(all->http, listen, &process));
	close(fd);
	all->http->vital = true;
	return err;
}

int outlets_open(struct outlets *all, const struct report_opts *opts)
{
	int err;

	all->opts = opts;
	err = open_stdout(all);
	if (!err && all->opts->output)
		err = open_file(all);
	if (!err && all->opts->exec)
		err = open_exec(all);
	if (!err && all->opts->record)
		err = open_record(all);
	if (!err && all->opts->metrics)
		err = open_metrics(all);
	if (!err && all->opts->listen)
		err = open_http(all);
	return err;
}

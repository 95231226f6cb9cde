// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* watching.c - see watching.h: from options to a session, and to an exit status. */
#include "watching.h"

#include <string.h>

#include "base/child.h"
#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "kernel/filter_places.h"
#include "run/ready.h"

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

int watching_run(struct watch_opts *opts, char **command)
{
	int status = EXIT_USAGE;
	struct err err;

	if (opts->max_size && !opts->session.report.record) {
		log_error("--max-size: there is no --record");
		return EXIT_USAGE;
	}
	if (opts->ready_fd != UINT_MAX &&
	    ready_take(opts->ready_fd, &opts->session.ready_fd, &err)) {
		log_error("%s", err.text);
		return EXIT_USAGE;
	}
	opts->session.loader.filter = &opts->filter;
	opts->session.report.record_max = opts->max_size;
	if (filter_places_find(&opts->filter, &err))
		log_error("%s", err.text);
	else
		status = run(opts, command);
	filter_places_close(&opts->filter);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * session - attach, follow, report, sum up. Every command that watches runs a
 * session.
 */
#ifndef PAGEFLIGHT_SESSION_H
#define PAGEFLIGHT_SESSION_H

#include "kernel/loader.h"
#include "report.h"

struct child;

struct session_opts {
	struct loader_opts loader;
	struct report_opts report;	/* the session ends when the report is full */
	__u64 duration_ns;	/* end after this time; 0: none */
	__u64 settle_ns;	/* 0: default of the engine */
	int ready_fd;		/* of ready_take(): told once attached, then closed; -1: none */
	bool confined;		/* give up privileges once attached, for the rest of this process */
	bool service;		/* made for a manager of services: it is told, and a self-test comes first */
	struct child *child;	/* released once attached, its exit ends the session; or NULL */
};

struct session_result {
	bool found;		/* an incident at or above fail_on */
	bool child_ended;	/* the child exited by itself, and then: */
	int child_status;	/* as of child_exit_status() */
};

/*
 * Run until a signal, the duration, the count or the child ends the session.
 * Returns 0, or -errno after an error was logged. Signals are
 * as signals_open() leaves them from here on, or at their defaults if one has
 * ended the session.
 */
int session_run(const struct session_opts *opts, struct session_result *ret_result);

#endif

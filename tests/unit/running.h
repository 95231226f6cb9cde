/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * running - a session in a process of its own, since it takes signals and standard
 * output. The kernel side is the stub.
 */
#ifndef PAGEFLIGHT_TEST_RUNNING_H
#define PAGEFLIGHT_TEST_RUNNING_H

#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <linux/types.h>

#include "base/clock.h"
#include "run/session.h"

#define SEC NSEC_PER_SEC
#define SOON (20 * SEC)	/* on the busiest machine; less than any storm */
#define NOT_ENDED (-1)

struct run {
	pid_t pid;
	int out;	/* what it writes can be read here */
	int status;
	struct rusage used;
};

/* Start a session that writes to `to`, and wait until it has attached. */
void start(struct run *run, struct session_opts *opts, int to, char **command);
void start_with_pipe(struct run *run, struct session_opts *opts, char **command);

/* All it writes goes to a file, which never blocks. */
FILE *start_with_file(struct run *run, struct session_opts *opts, char **command);

/* How long it took to end; it is killed if it takes far too long. */
__u64 end(struct run *run);

/* The number behind a key of a line of JSON. */
__u64 number(const char *line, const char *key);

/* The summary is there, and all incidents were printed or counted as lost. Returns the former. */
__u64 check_summary(FILE *all);

#endif

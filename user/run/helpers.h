/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * helpers - what the helper processes of a session do. Each takes frames from fd
 * until there will be no more, says on standard error what fails, and returns its
 * exit status.
 */
#ifndef PAGEFLIGHT_HELPERS_H
#define PAGEFLIGHT_HELPERS_H

enum {
	FRAME_TEXT = 1,		/* lines */
	FRAME_REOPEN,		/* the file may have been renamed */
};

/*
 * Open a file to append to, which is made for its owner alone: a descriptor or -errno.
 * helper_file() takes the path, and does it again.
 */
int helper_file_open(const char *path);
int helper_file(void *path, int fd);

/*
 * Keep the last text in a file, which is written beside it and renamed, so that nobody reads half
 * of one. The check says whether that can be done: 0 or -errno.
 */
int helper_metrics_check(const char *path);
int helper_metrics(void *path, int fd);

/*
 * Serve the last text at a socket that listens, which is made by the first one: a descriptor, or
 * -errno; -EOPNOTSUPP if this program was built without a server. The process has it as fd + 1.
 */
int helper_http_open(const char *listen);
int helper_http(void *ctx, int fd);

/*
 * Run a command of the shell for each text, which is its standard input: one at a time,
 * at most one a second, unless it is the end. What cannot wait is skipped and counted.
 */
int helper_exec(void *command, int fd);

/*
 * Show what a session tells on the terminal, or print it frame by frame; see top/view.h. The
 * keys are read here. The terminal is as it was when the process has ended, whatever became of
 * the session.
 */
struct view_opts;
int helper_top(void *view_opts, int fd);

#endif

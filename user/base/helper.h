/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * helper - a process of ours that does what the session may not do any more once it
 * is confined: write a file, run a command. It is made before that, and gets frames.
 */
#ifndef PAGEFLIGHT_HELPER_H
#define PAGEFLIGHT_HELPER_H

#include <sys/types.h>
#include <linux/types.h>

struct helper {
	pid_t pid;	/* 0: there is none */
	int fd;		/* frames are written here. It hangs up when the process ends */
};

/*
 * Make the process, which exits with what run(ctx, fd) returns. It has standard input,
 * output and error, and fd, but no other descriptor of ours. The signals that end a
 * session do not reach it: it ends after FRAME_END, or when we have ended. 0 or -errno.
 */
int helper_start(struct helper *ret_helper, const char *name, int (*run)(void *ctx, int fd),
		 void *ctx);

/* The same; the process has the descriptor `keep` as well, as fd + 1. */
int helper_start_with(struct helper *ret_helper, const char *name, int (*run)(void *ctx, int fd),
		      void *ctx, int keep);

/*
 * Wait for its end, after FRAME_END was sent: its exit status. -EINTR: stop_fd got
 * readable; -ETIMEDOUT: it goes on by itself.
 */
int helper_end(struct helper *helper, __u64 limit_ns, int stop_fd);

#endif

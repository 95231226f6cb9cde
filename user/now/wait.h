/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * wait - until no socket of this host holds a range of some files.
 *
 * A poll asks two questions. Do the pages have references that nothing explains? If not,
 * nobody holds them, wherever. Is a byte of them in the queue of a socket?
 */
#ifndef PAGEFLIGHT_WAIT_H
#define PAGEFLIGHT_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct err;
struct waiter;

int waiter_open(struct waiter **ret_waiter, bool verbose, struct err *ret_err);

/*
 * Load what walks sockets, too, which else the first wait does that needs it: that one can
 * end late.
 */
int waiter_load_sockets(struct waiter *w, struct err *ret_err);

/* NULL is allowed. */
void waiter_close(struct waiter *w);

#define WAIT_FOR_EVER ((__u64)-1)

/* What is still in the way. */
struct wait_state {
	__u64 bytes;		/* in sockets */
	__u64 socks;
	__u64 refs;		/* pages, or large folios, with a reference that nothing explains */
	__u64 unseen;		/* namespaces that could not be looked into, */
	__u64 unseen_ino;	/* such as this one */
};

struct wait_opts {
	const int *fds;		/* open files, PF_NOW_MAPPINGS at most */
	size_t n;
	__u64 from, to;		/* bytes [from, to) of each */
	__u64 timeout_ns;	/* 0: look once */
	bool strict;		/* wait for references as well */
	/* Called once, if there is something to wait for. */
	void (*on_wait)(void *ctx, const struct wait_state *state);
	void *ctx;
};

/*
 * Wait. 0: no socket holds a byte, and ret_state->refs is what is referenced all the same.
 * -ETIMEDOUT: ret_state has what is. Else -errno: -EBADF, -E2BIG, -EISDIR, or of the look.
 */
int wait_until_free(struct waiter *w, const struct wait_opts *opts, struct wait_state *ret_state);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ready - the descriptor by which somebody is told that all is attached. */
#ifndef PAGEFLIGHT_READY_H
#define PAGEFLIGHT_READY_H

struct err;

/*
 * Take over a descriptor that was inherited, before any is opened: a number that
 * is not open now would become one of ours. No child inherits the new one.
 * 0 or -errno.
 */
int ready_take(int fd, int *ret_fd, struct err *ret_err);

/* Write a newline, without waiting for a reader, and close it. 0 or -errno. */
int ready_tell(int fd);

#endif

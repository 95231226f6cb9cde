/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * signals - the signals that a session reacts to, as a descriptor.
 */
#ifndef PAGEFLIGHT_SIGNALS_H
#define PAGEFLIGHT_SIGNALS_H

/*
 * Block SIGINT, SIGTERM and SIGCHLD for good and ignore SIGPIPE. Returns a
 * non-blocking descriptor, readable when one of the three is pending, or -errno.
 */
int signals_open(void);

/* The next pending signal, 0 if none. */
int signals_next(int fd);

#endif

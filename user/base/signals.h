/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * signals - the signals that a session reacts to, as a descriptor. What a parent
 * left ignored or blocked does not count, but for SIGHUP, which nohup ignores.
 */
#ifndef PAGEFLIGHT_SIGNALS_H
#define PAGEFLIGHT_SIGNALS_H

#include <stdbool.h>

/*
 * Block SIGINT, SIGTERM, SIGQUIT, SIGHUP and SIGCHLD and no other, and ignore
 * SIGPIPE and SIGXFSZ, so that writes fail instead. Returns a non-blocking
 * descriptor, readable when one of the five is pending, or -errno.
 */
int signals_open(void);

/* The next pending signal, 0 if none. */
int signals_next(int fd);

/* Take all that is pending. Was there one that asks for the end? */
bool signals_take_end(int fd);

/* The same; *ret_urged stays true once there was one. */
bool signals_urge(int fd, bool *ret_urged);

/* Is a blocked signal pending that asks for the end? It stays pending. */
bool signals_end_pending(void);

/* Forget what is pending. A signal that comes now does what it does by default. */
void signals_unblock(int fd);

/* In a child: nothing is blocked, and SIGPIPE and SIGCHLD do what they do by default. */
void signals_reset(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * notify - what the manager of services wants to know, by the protocol of sd_notify(3): datagrams
 * to the socket that $NOTIFY_SOCKET names. The socket is made once, since later none can be made.
 */
#ifndef PAGEFLIGHT_NOTIFY_H
#define PAGEFLIGHT_NOTIFY_H

#include <linux/types.h>

struct notify {
	int fd;			/* -1: nobody asked */
	__u64 every_ns;		/* how often we have to say that we are alive; 0: nobody asked */
};

/*
 * Read the environment, and take out of it what is ours alone. 0, or -errno if somebody asked but
 * the socket cannot be had.
 */
int notify_open(struct notify *ret_notify);

/* Say "READY=1" and the like. Nobody is waited for: what does not fit is lost. */
void notify_say(const struct notify *n, const char *text);

void notify_close(struct notify *n);

#endif

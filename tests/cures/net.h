/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* net - connections on the ways to a reader, in network namespaces of our own. */
#ifndef CURES_NET_H
#define CURES_NET_H

#include <stdbool.h>
#include <stddef.h>

enum net {
	NET_LO,		/* the reader is here, and gets the very pages */
	NET_VETH,	/* the reader is in another namespace, and gets the very pages */
	NET_TUN,	/* the device copies each packet, as a card does; its program hands it on */
	NET_MAX
};

extern const char *const net_names[NET_MAX];

/* Make the namespaces and their devices. The caller is in the sender's from then on. */
void net_open(void);
void net_connect(enum net net, size_t rcvbuf, int *ret_tx, int *ret_rx);
/* The program behind the tun devices hands on no packet meanwhile. */
void net_pause(bool pause);

#endif

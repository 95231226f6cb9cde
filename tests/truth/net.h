/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * net - the networks of the bench and the connections over them.
 *
 * There are two network namespaces. Every flow sends in `here` and is read in
 * `there`; over lo, both ends are in `here`. A veth pair connects the two, and so
 * do two tun devices with the relay between them. The reader has two addresses:
 * the route to one has a retransmission timer of 20 ms, the route to the other has
 * a timer that never fires. With a card, the reader is in another machine (far.h).
 */
#ifndef TRUTH_NET_H
#define TRUTH_NET_H

#include <sys/types.h>

#include "plan.h"

#define NET_SENDERS "/run/netns/here"	/* the namespace of every sending socket */

struct conn {
	int tx, rx;		/* rx of another machine: -1 */
};

/* Make all of it. Returns the file descriptors of the two tun devices. */
void net_make(int *ret_tun_here, int *ret_tun_there);

/* And the card, to the machine of the reader. Returns the port that takes orders for the card. */
int net_make_card(void);

/* In the machine of the reader: listen behind the card, and do what the sender's asks. */
void net_serve_reader(void) __attribute__((noreturn));

/* Configure the sender's device as planned, and connect. */
void net_connect(struct conn *c, const struct plan *p);
void net_close_sender(struct conn *c, bool reset);
void net_close_reader(struct conn *c, const struct plan *p, bool reset);
void net_disconnect(struct conn *c, const struct plan *p);

/* Read as the reader does. Returns what recv() would. */
ssize_t net_read(const struct conn *c, const struct plan *p, uint8_t *to, uint32_t len);

/* Close and open the queueing discipline of the sender's device. */
void net_plug(enum net net, bool plug);

uint32_t net_outq(int sock);		/* SIOCOUTQ: not acknowledged, sent or not */
uint32_t net_inq(int sock);		/* SIOCINQ: arrived, not read */

struct net_state {
	uint32_t unacked;		/* segments */
	uint32_t notsent;		/* bytes */
	uint32_t retrans;		/* segments, since the connection began */
	uint32_t cwnd;
	bool closed;			/* the reader has reset it */
};
void net_state(int sock, struct net_state *ret);

void net_cork(int sock, bool cork);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * net - the networks of the bench and the connections over them.
 *
 * There are two network namespaces. Every flow sends in `here` and is read in
 * `there`; over lo, both ends are in `here`. A veth pair connects the two, and so
 * do two tun devices with the relay between them. The reader has two addresses:
 * the route to one has a retransmission timer of 20 ms, the route to the other has
 * a timer that never fires.
 */
#ifndef TRUTH_NET_H
#define TRUTH_NET_H

#include "plan.h"

struct conn {
	int tx, rx;
};

/* Make all of it. Returns the file descriptors of the two tun devices. */
void net_make(int *ret_tun_here, int *ret_tun_there);

/* Configure the sender's device as planned, and connect. */
void net_connect(struct conn *c, const struct plan *p);
void net_close_sender(struct conn *c, bool reset);
void net_disconnect(struct conn *c, const struct plan *p);

/* Close and open the queueing discipline of the sender's device. */
void net_plug(enum net net, bool plug);

uint32_t net_outq(int sock);		/* SIOCOUTQ: not acknowledged, sent or not */
uint32_t net_inq(int sock);		/* SIOCINQ: arrived, not read */

struct net_state {
	uint32_t unacked;		/* segments */
	uint32_t notsent;		/* bytes */
	uint32_t retrans;		/* segments, since the connection began */
	uint32_t cwnd;
};
void net_state(int sock, struct net_state *ret);

void net_cork(int sock, bool cork);

#endif

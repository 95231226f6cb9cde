/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * net - the networks of the bench and the connections over them.
 *
 * Two namespaces: in `here` every flow sends, in `there` it is read, but for lo,
 * where both ends are in `here`. Between them are a veth pair, and two tun
 * devices with the relay between. A route with a retransmission timer of 20 ms
 * and one with a timer that never fires lead to two addresses of the reader.
 */
#ifndef TRUTH_NET_H
#define TRUTH_NET_H

#include "plan.h"

struct conn {
	int tx, rx;
};

/* Make all of it; the file descriptors are of the two tun devices. */
void net_make(int *ret_tun_here, int *ret_tun_there);

/* Set the sender's device as the plan wants it, and connect. */
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

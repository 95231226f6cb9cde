/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * net - the networks of the bench.
 *
 * There are two network namespaces. Every flow sends in `here` and is read in
 * `there`; over lo, both ends are in `here`. A veth pair connects the two, and so
 * do two tun devices with the relay between them. The reader has two addresses:
 * the route to one has a retransmission timer of 20 ms, the route to the other has
 * a timer that never fires. With a card, the reader is in another machine (far.h).
 */
#ifndef TRUTH_NET_H
#define TRUTH_NET_H

#include <netinet/in.h>

#include "plan.h"

#define NET_SENDERS "/run/netns/here"	/* the namespace of every sending socket */

/* Make all of it. Returns the file descriptors of the two tun devices. */
void net_make(int *ret_tun_here, int *ret_tun_there);

/* And the card, to the machine of the reader. Returns the port that takes orders for the card. */
int net_make_card(void);

/* In the machine of the reader: listen behind the card, and do what the sender's asks. */
void net_serve_reader(void) __attribute__((noreturn));

/* Configure the sender's device as planned. */
void net_configure(const struct plan *p);

/* Close and open the queueing discipline of the sender's device. */
void net_plug(enum net net, bool plug);

/* A new TCP socket in `here`. */
int net_socket(void);

/* What readers listen at, by the size of their window. Host 1 sends; 2 and 3 read. */
int net_listener(enum net net, bool small_window);
uint16_t net_port(enum net net, bool small_window);
void net_addr(struct sockaddr_in *ret, enum net net, unsigned int host, uint16_t port);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * acks - segments that carry nothing but an acknowledgement which the socket
 * has had already: TCP processes each, and nothing comes of it. No data is sent
 * or queued for them, so what is measured is the ACK.
 */
#ifndef BENCH_ACKS_H
#define BENCH_ACKS_H

#include <stdint.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

struct acks {
	int raw;
	struct sockaddr_in to;
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet;
};

/* Those that the peer of a connected IPv4 socket would send, which is at rest. */
void acks_open(struct acks *a, int sock);
void acks_send(const struct acks *a, int n);
void acks_close(struct acks *a);

#endif

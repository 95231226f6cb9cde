/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * acks - segments that carry only an acknowledgement, which the socket has seen
 * before. TCP processes each and changes nothing. No data is sent or queued for
 * them, so the measurement contains nothing but the ACK.
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

/* The peer of a connected IPv4 socket, at rest, would send these segments. */
void acks_open(struct acks *a, int sock);
void acks_send(const struct acks *a, int n);
void acks_close(struct acks *a);

#endif

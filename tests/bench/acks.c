// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* acks - see acks.h. */
#include "acks.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/say.h"

#define REPAIR_OFF (-1)		/* TCP_REPAIR_OFF_NO_WP: without a window probe */

/* Next sequence number of one direction of a socket in repair mode. */
static uint32_t next_seq(int sock, int queue)
{
	uint32_t seq;
	socklen_t len = sizeof(seq);

	must(!setsockopt(sock, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) &&
	     !getsockopt(sock, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len), "TCP_QUEUE_SEQ");
	return seq;
}

static uint32_t add_words(uint32_t sum, const void *data, size_t len)
{
	const uint16_t *words = data;

	for (size_t i = 0; i < len / 2; i++)
		sum += words[i];
	return sum;
}

/* RFC 9293 3.1, over the pseudo-header too. */
static uint16_t checksum(const struct tcphdr *tcp, struct in_addr from, struct in_addr to)
{
	uint32_t sum = htons(IPPROTO_TCP) + htons(sizeof(*tcp));

	sum = add_words(sum, &from, sizeof(from));
	sum = add_words(sum, &to, sizeof(to));
	sum = add_words(sum, tcp, sizeof(*tcp));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

void acks_open(struct acks *a, int sock)
{
	enum { RECV_QUEUE = 1, SEND_QUEUE = 2 };
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int on = 1, off = REPAIR_OFF;

	*a = (struct acks){ .raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW) };
	must(a->raw >= 0, "a raw socket");
	must(!getsockname(sock, (void *)&a->to, &len) && !getpeername(sock, (void *)&peer, &len),
	     "addresses");
	must(!setsockopt(sock, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)), "TCP_REPAIR");
	/* The kernel fills in the rest of this header. */
	a->packet.ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(a->packet.ip) / 4,
		.ttl = 64,
		.protocol = IPPROTO_TCP,
		.saddr = peer.sin_addr.s_addr,
		.daddr = a->to.sin_addr.s_addr,
	};
	a->packet.tcp = (struct tcphdr){
		.source = peer.sin_port,
		.dest = a->to.sin_port,
		.seq = htonl(next_seq(sock, RECV_QUEUE)),
		.ack_seq = htonl(next_seq(sock, SEND_QUEUE)),
		.doff = sizeof(a->packet.tcp) / 4,
		.ack = 1,
		.window = htons(1024),
	};
	must(!setsockopt(sock, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)), "TCP_REPAIR");
	a->packet.tcp.check = checksum(&a->packet.tcp, peer.sin_addr, a->to.sin_addr);
	a->to.sin_port = 0;
}

void acks_send(const struct acks *a, int n)
{
	while (n--)
		must(sendto(a->raw, &a->packet, sizeof(a->packet), 0, (void *)&a->to,
			    sizeof(a->to)) == sizeof(a->packet), "sendto");
}

void acks_close(struct acks *a)
{
	close(a->raw);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* conn - see conn.h. */
#include "conn.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "far.h"
#include "lib/say.h"
#include "net.h"

#define BUFFER (8 << 20)
#define ORDINARY 1000		/* the user who has each second socket */
#define STATE_CLOSED 7		/* TCP_CLOSE of netinet/tcp.h, which excludes linux/tcp.h */
#define READ_S 20		/* until a reader gives up */

static void option(int fd, int level, int name, int value, const char *what)
{
	must(!setsockopt(fd, level, name, &value, sizeof(value)), "%s", what);
}

void conn_open(struct conn *c, const struct plan *p)
{
	const struct timeval limit = { .tv_sec = READ_S };
	struct sockaddr_in from, to;

	net_configure(p);
	net_addr(&from, p->net, 1, PLAN_PORT + p->place);
	net_addr(&to, p->net, p->eager ? 3 : 2, net_port(p->net, p->small_window));
	setfsuid(p->n & 1 ? ORDINARY : 0);
	c->tx = net_socket();
	setfsuid(0);
	option(c->tx, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
	option(c->tx, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER, "SO_SNDBUFFORCE");
	if (p->mss)
		option(c->tx, IPPROTO_TCP, TCP_MAXSEG, p->mss, "TCP_MAXSEG");
	must(!bind(c->tx, (void *)&from, sizeof(from)), "bind to port %u", PLAN_PORT + p->place);
	must(!connect(c->tx, (void *)&to, sizeof(to)), "connect");
	if (p->net == NET_CARD) {
		c->rx = -1;
		far_accept(p->small_window);
		return;
	}
	c->rx = accept4(net_listener(p->net, p->small_window), NULL, NULL, SOCK_CLOEXEC);
	must(c->rx >= 0, "accept");
	must(!setsockopt(c->rx, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
}

/* Returns what is left of the socket. */
static int close_end(int sock, bool reset)
{
	struct linger hard = { .l_onoff = 1 };

	if (sock < 0)
		return -1;
	if (reset)
		must(!setsockopt(sock, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), "SO_LINGER");
	close(sock);
	return -1;
}

void conn_close_sender(struct conn *c, bool reset)
{
	c->tx = close_end(c->tx, reset);
}

void conn_close_reader(struct conn *c, const struct plan *p, bool reset)
{
	if (p->net == NET_CARD)
		far_close(reset);
	else
		c->rx = close_end(c->rx, reset);
}

void conn_close(struct conn *c, const struct plan *p)
{
	conn_close_sender(c, p->reset);
	conn_close_reader(c, p, false);
}

ssize_t conn_read(const struct conn *c, const struct plan *p, uint8_t *to, uint32_t len)
{
	if (p->net == NET_CARD)
		return far_read(to, len, p->read_piece, p->read_pause_us);
	return recv(c->rx, to, len, 0);
}

uint32_t conn_outq(int sock)
{
	int n = 0;

	must(!ioctl(sock, SIOCOUTQ, &n), "SIOCOUTQ");
	return n;
}

uint32_t conn_inq(int sock)
{
	int n = 0;

	must(!ioctl(sock, SIOCINQ, &n), "SIOCINQ");
	return n;
}

void conn_state(int sock, struct conn_state *ret)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	must(!getsockopt(sock, IPPROTO_TCP, TCP_INFO, &info, &len), "TCP_INFO");
	*ret = (struct conn_state){
		.unacked = info.tcpi_unacked,
		.notsent = info.tcpi_notsent_bytes,
		.retrans = info.tcpi_total_retrans,
		.cwnd = info.tcpi_snd_cwnd,
		.closed = info.tcpi_state == STATE_CLOSED,
	};
}

void conn_cork(int sock, bool cork)
{
	option(sock, IPPROTO_TCP, TCP_CORK, cork, "TCP_CORK");
}

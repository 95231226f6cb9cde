// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* far - see far.h. A question has an answer, and with it what was read. */
#include "far.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/say.h"
#include "plan.h"
#include "port.h"

#define READ_S 20	/* until a reader gives up */

enum far_op { FAR_HELLO, FAR_ACCEPT, FAR_READ, FAR_CLOSE };

struct question {
	uint32_t op, a, piece, pause_us;
};

static int port;

static uint32_t ask(enum far_op op, uint32_t a, uint32_t piece, uint32_t pause_us)
{
	struct question q = { op, a, piece, pause_us };
	uint32_t answer;

	port_write(port, &q, sizeof(q));
	port_read(port, &answer, sizeof(answer));
	return answer;
}

void far_start(int fd)
{
	port = fd;
	ask(FAR_HELLO, 0, 0, 0);
}

void far_accept(bool small_window)
{
	ask(FAR_ACCEPT, small_window, 0, 0);
}

uint32_t far_read(uint8_t *to, uint32_t len, uint32_t piece, uint32_t pause_us)
{
	uint32_t got = ask(FAR_READ, len, piece, pause_us);

	must(got <= len, "the reader read %u of %u bytes", got, len);
	port_read(port, to, got);
	return got;
}

void far_close(bool reset)
{
	ask(FAR_CLOSE, reset, 0, 0);
}

static uint32_t take(int sock, uint8_t *to, const struct question *q)
{
	uint32_t got = 0, most = q->a < PLAN_STREAM ? q->a : PLAN_STREAM;
	ssize_t n;

	while (got < most) {
		n = recv(sock, to + got, most - got < q->piece ? most - got : q->piece, 0);
		if (n <= 0)
			break;
		got += n;
		if (q->pause_us)
			usleep(q->pause_us);
	}
	return got;
}

static int take_connection(int listener)
{
	const struct timeval limit = { .tv_sec = READ_S };
	int sock = accept(listener, NULL, NULL);

	must(sock >= 0, "accept");
	must(!setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
	return sock;
}

static void drop_connection(int sock, bool reset)
{
	struct linger hard = { .l_onoff = 1 };

	if (reset)
		must(!setsockopt(sock, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), "SO_LINGER");
	close(sock);
}

void far_serve(int fd, const int listener[2])
{
	static uint8_t bytes[PLAN_STREAM];
	int sock = -1;

	for (;;) {
		struct question q;
		uint32_t answer = 0;

		port_read(fd, &q, sizeof(q));
		switch (q.op) {
		case FAR_ACCEPT:
			sock = take_connection(listener[!!q.a]);
			break;
		case FAR_READ:
			answer = take(sock, bytes, &q);
			break;
		case FAR_CLOSE:
			drop_connection(sock, q.a);
			sock = -1;
			break;
		}
		port_write(fd, &answer, sizeof(answer));
		port_write(fd, bytes, answer);
	}
}

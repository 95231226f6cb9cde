// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * card - two network cards and the wire between them, outside of the two machines
 * that have them. Each card is a virtio device whose rings QEMU hands out by
 * vhost-user. The sender's machine commands the gates on the wire over a port.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/say.h"
#include "vhost.h"

static const char usage[] =
	"usage: card DIRECTORY\n"
	"Listens at DIRECTORY/here and DIRECTORY/there for the machines of the sender and\n"
	"the reader (vhost-user), and at DIRECTORY/order for orders (gates.h). Ends with the\n"
	"connection that brings orders.\n";

enum { HERE, THERE, ORDERS, SOCKETS };
static const char *const names[SOCKETS] = { "here", "there", "order" };

static struct nic nic[2];		/* HERE, THERE */
static struct gates gates;
static uint64_t passed, last;		/* packets of the sender; and when the flow has ended */
static int listener[SOCKETS], conn[SOCKETS];

static void put(bool to_there, const uint8_t *bytes, uint32_t len)
{
	nic_give(&nic[to_there ? THERE : HERE], bytes, len);
}

static void pass(struct nic *from, const uint8_t *bytes, uint32_t len)
{
	passed += from == &nic[HERE];
	gates_pass(&gates, now_us(), from == &nic[HERE], bytes, len);
}

/*
 * Packets of the sender that have not been taken to their end. Behind the end of
 * the flow those count that were there by then: other senders go on.
 */
static uint32_t waiting(void)
{
	uint32_t n = nic_waiting(&nic[HERE]);

	if (!gates.seen.over)
		last = 0;
	else if (!last)
		last = passed + n;
	if (last)
		n = last > passed ? last - passed : 0;
	return n + gates.seen.kept;
}

static int listen_at(const char *directory, const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	errno = ENAMETOOLONG;
	must(snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", directory, name) <
	     (int)sizeof(addr.sun_path), "%s", directory);
	must(!bind(fd, (void *)&addr, sizeof(addr)) && !listen(fd, 1), "%s", addr.sun_path);
	return fd;
}

static void send_all(const void *data, size_t len)
{
	for (ssize_t n; len; len -= n, data = (const char *)data + n) {
		n = send(conn[ORDERS], data, len, MSG_NOSIGNAL);
		must(n > 0, "answer");
	}
}

/* Returns false if no more come. */
static bool obey(void)
{
	struct gate_answer answer;
	struct gate_order o;

	if (recv(conn[ORDERS], &o, sizeof(o), MSG_WAITALL) != sizeof(o))
		return false;
	gates_obey(&gates, &o, &answer);
	answer.seen.waiting = waiting();
	send_all(&answer, sizeof(answer));
	if (o.op == GATE_CHANGES && answer.seen.changed)
		send_all(gates.changes, answer.seen.end);
	return true;
}

/* Returns false at the end of the run. */
static bool hear(unsigned int i)
{
	if (i == ORDERS)
		return obey();
	if (!vhost_message(conn[i], &nic[i])) {
		close(conn[i]);
		conn[i] = -1;
		nic_stop(&nic[i], NIC_RX);
		nic_stop(&nic[i], NIC_TX);
	}
	return true;
}

/* Move packets. Returns when there is more to do. */
static uint64_t work(void)
{
	uint64_t next = UINT64_MAX, due, now = now_us();

	for (unsigned int i = HERE; i <= THERE; i++) {
		if (i == THERE || !gates.pause)
			nic_take(&nic[i], now, i == HERE ? gates.late : LATE_NOT);
		due = nic_work(&nic[i], now, pass);
		next = due < next ? due : next;
	}
	due = gates_tick(&gates, now);
	nic_drain(&nic[HERE]);
	nic_drain(&nic[THERE]);
	return due < next ? due : next;
}

static void wait_for(struct pollfd *fds, unsigned int n, uint64_t until)
{
	uint64_t now = now_us();
	struct timespec t = { 0 };

	if (until != UINT64_MAX && until > now)
		t = (struct timespec){ (until - now) / 1000000, (until - now) % 1000000 * 1000 };
	must(ppoll(fds, n, until == UINT64_MAX ? NULL : &t, NULL) >= 0, "poll");
}

static bool turn(void)
{
	struct pollfd fds[SOCKETS + 2 * NIC_RINGS];
	uint64_t until = work(), kicks;
	unsigned int n = 0;

	for (; n < SOCKETS; n++)
		fds[n] = (struct pollfd){ conn[n] >= 0 ? conn[n] : listener[n], POLLIN, 0 };
	for (unsigned int i = 0; i < 2 * NIC_RINGS; i++)
		fds[n++] = (struct pollfd){ nic[i / NIC_RINGS].kick[i % NIC_RINGS], POLLIN, 0 };
	wait_for(fds, n, until);
	for (unsigned int i = SOCKETS; i < n; i++) {
		if (fds[i].revents & POLLIN)
			must(read(fds[i].fd, &kicks, sizeof(kicks)) == sizeof(kicks), "kick");
	}
	for (unsigned int i = 0; i < SOCKETS; i++) {
		if (!fds[i].revents)
			continue;
		if (conn[i] < 0) {
			conn[i] = accept(listener[i], NULL, NULL);
			must(conn[i] >= 0, "accept");
		} else if (!hear(i)) {
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 2 || *argv[1] == '-') {
		fputs(usage, stderr);
		return 2;
	}
	gates_init(&gates, NIC_HEAD, put);
	for (unsigned int i = 0; i < SOCKETS; i++) {
		listener[i] = listen_at(argv[1], names[i]);
		conn[i] = -1;
	}
	nic_init(&nic[HERE]);
	nic_init(&nic[THERE]);
	while (turn())
		;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* net - see net.h. */
#include "net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/say.h"

#define WHOLE_PAGES 15	/* as many as one packet over lo takes */

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

void net_prepare(void)
{
	const struct rlimit files = { 1 << 20, 1 << 20 };

	must(!setrlimit(RLIMIT_NOFILE, &files), "RLIMIT_NOFILE");
	/* Each page in a socket counts as its memory, though the page belongs to the file. */
	write_text("/proc/sys/net/ipv4/tcp_mem", "16777216 16777216 16777216");
	write_text("/proc/sys/net/ipv4/ip_local_port_range", "10000 65000");
}

static void set_option(int fd, int level, int name, int value, const char *what)
{
	must(!setsockopt(fd, level, name, &value, sizeof(value)), "%s", what);
}

/* Only root may exceed the limit of the host. */
static void set_buffer(int fd, int force, int name, int value)
{
	if (setsockopt(fd, SOL_SOCKET, force, &value, sizeof(value)))
		set_option(fd, SOL_SOCKET, name, value, "a buffer's size");
}

void pair_open(struct pair *p, size_t room)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	p->tx = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listener >= 0 && p->tx >= 0, "socket");
	set_buffer(listener, SO_RCVBUFFORCE, SO_RCVBUF, room * 2);
	set_buffer(p->tx, SO_SNDBUFFORCE, SO_SNDBUF, room * 2);
	/* A waiting ACK would stop the clock that counts instructions. */
	set_option(p->tx, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
	must(!bind(listener, (void *)&addr, len) && !listen(listener, 1), "listen");
	must(!getsockname(listener, (void *)&addr, &len), "getsockname");
	must(!connect(p->tx, (void *)&addr, len), "connect");
	p->rx = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(p->rx >= 0, "accept");
	set_option(p->rx, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
	close(listener);
}

void pair_close(struct pair *p)
{
	const struct linger hard = { .l_onoff = 1 };

	/* A reset drops the queue of the peer and leaves no TIME_WAIT. */
	must(!setsockopt(p->tx, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), "SO_LINGER");
	close(p->tx);
	close(p->rx);
}

int file_new(size_t size)
{
	char data[PAGE];
	char name[] = "/dev/shm/bench-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	must(fd >= 0 && !unlink(name), "mkostemp");
	for (size_t at = 0; at < size; at += sizeof(data)) {
		memset(data, 1 + at / sizeof(data) % 255, sizeof(data));
		must(write(fd, data, sizeof(data)) == sizeof(data), "write");
	}
	return fd;
}

void pair_send(struct pair *p, int file, size_t off, size_t len)
{
	off_t at = off, end = off + len;
	ssize_t n;

	while (at < end) {
		n = sendfile(p->tx, file, &at, end - at);
		must(n > 0, "sendfile");
	}
}

void pair_discard(struct pair *p, size_t len)
{
	ssize_t n;

	for (; len; len -= n) {
		n = recv(p->rx, NULL, len, MSG_TRUNC);
		must(n > 0, "recv");
	}
}

/* Send packets of whole pages, so that no page is cut into two flights. */
static void send_whole_pages(struct pair *p, int file, size_t off, size_t pages)
{
	for (size_t n; pages; pages -= n, off += n * PAGE) {
		n = pages < WHOLE_PAGES ? pages : WHOLE_PAGES;
		pair_send(p, file, off, n * PAGE);
	}
}

void crowd_open(struct crowd *c, size_t n, int file, size_t pages, size_t step)
{
	struct stat st;

	must(!fstat(file, &st), "fstat");
	c->n = n;
	c->pairs = calloc(n, sizeof(*c->pairs));
	must(c->pairs, "calloc");
	for (size_t i = 0; i < n; i++) {
		pair_open(&c->pairs[i], (pages + 32) * PAGE);
		send_whole_pages(&c->pairs[i], file, i * step % (st.st_size - pages * PAGE),
				 pages);
	}
}

void crowd_close(struct crowd *c)
{
	for (size_t i = 0; i < c->n; i++)
		pair_close(&c->pairs[i]);
	free(c->pairs);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * flow - see flow.h. The reader listens and the sender connects, over lo unless
 * the options name network namespaces.
 */
#include "flow.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/say.h"
#include "lib/test.h"

#define WAIT_STEPS 60000	/* of a millisecond */
#define MAX_FDS	   512

static void set_option(int fd, int level, int name, int value, const char *what)
{
	must(!setsockopt(fd, level, name, &value, sizeof(value)), "%s", what);
}

/* A TCP socket that lives in a network namespace; the caller stays in its own. */
static int socket_in(const char *netns, int family)
{
	char path[64];
	int own, other, fd;

	if (!netns) {
		fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		must(fd >= 0, "socket");
		return fd;
	}
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	other = open(path, O_RDONLY | O_CLOEXEC);
	must(own >= 0 && other >= 0, "%s", path);
	must(!setns(other, CLONE_NEWNET), "setns");
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(!setns(own, CLONE_NEWNET), "setns back");
	must(fd >= 0, "socket");
	close(own);
	close(other);
	return fd;
}

static socklen_t reader_address(struct sockaddr_storage *addr, const struct flow_opts *opts)
{
	struct sockaddr_in6 *six = (void *)addr;
	struct sockaddr_in *four = (void *)addr;

	memset(addr, 0, sizeof(*addr));
	if (opts->ipv6) {
		six->sin6_family = AF_INET6;
		six->sin6_addr = in6addr_loopback;
		return sizeof(*six);
	}
	four->sin_family = AF_INET;
	four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (opts->rx_addr)
		assert_int_equal(inet_pton(AF_INET, opts->rx_addr, &four->sin_addr), 1);
	return sizeof(*four);
}

void flow_open(struct flow *f, const struct flow_opts *opts)
{
	static const struct flow_opts none;
	struct sockaddr_storage addr;
	int family, listener;
	socklen_t len;

	if (!opts)
		opts = &none;
	family = opts->ipv6 ? AF_INET6 : AF_INET;
	len = reader_address(&addr, opts);
	listener = socket_in(opts->rx_netns, family);
	f->tx = socket_in(opts->tx_netns, family);
	if (!opts->kernel_mss) {
		set_option(listener, IPPROTO_TCP, TCP_MAXSEG, FLOW_MSS, "TCP_MAXSEG");
		set_option(f->tx, IPPROTO_TCP, TCP_MAXSEG, FLOW_MSS, "TCP_MAXSEG");
	}
	set_option(f->tx, SOL_SOCKET, SO_SNDBUFFORCE, opts->sndbuf ?: 16 << 20, "SO_SNDBUFFORCE");
	if (opts->rcvbuf)
		set_option(listener, SOL_SOCKET, SO_RCVBUFFORCE, opts->rcvbuf, "SO_RCVBUFFORCE");
	must(!bind(listener, (void *)&addr, len), "bind");
	must(!listen(listener, 1), "listen");
	must(!getsockname(listener, (void *)&addr, &len), "getsockname");
	must(!connect(f->tx, (void *)&addr, len), "connect");
	f->rx = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(f->rx >= 0, "accept");
	close(listener);
	if (opts->nonblock)
		must(!fcntl(f->tx, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

void flow_close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void flow_close(struct flow *f)
{
	flow_close_one(&f->tx);
	flow_close_one(&f->rx);
}

static bool kept[MAX_FDS];

void flow_mark(void)
{
	int fd;

	for (fd = 0; fd < MAX_FDS; fd++)
		kept[fd] = fcntl(fd, F_GETFD) >= 0;
}

void flow_clean(void)
{
	int fd;

	for (fd = 0; fd < MAX_FDS; fd++)
		if (!kept[fd])
			close(fd);
}

void flow_reset(int *fd)
{
	struct linger hard = { .l_onoff = 1 };

	must(!setsockopt(*fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), "SO_LINGER");
	flow_close_one(fd);
}

unsigned char flow_byte(off_t off)
{
	return ((uint64_t)off * 0x9e3779b97f4a7c15ull) >> 56;
}

static int fill(int fd, size_t size)
{
	unsigned char buf[FLOW_PAGE];
	size_t at, n, i;

	for (at = 0; at < size; at += n) {
		n = size - at < sizeof(buf) ? size - at : sizeof(buf);
		for (i = 0; i < n; i++)
			buf[i] = flow_byte(at + i);
		must(write(fd, buf, n) == (ssize_t)n, "write");
	}
	return fd;
}

int flow_file(size_t size)
{
	int fd = memfd_create("flow", MFD_CLOEXEC);

	must(fd >= 0, "memfd_create");
	return fill(fd, size);
}

int flow_named_file(size_t size, char path[32])
{
	int fd;

	strcpy(path, "/tmp/pf-flow-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	must(fd >= 0, "mkostemp");
	return fill(fd, size);
}

void flow_sendfile(int sock, int file, off_t off, size_t len)
{
	off_t end = off + len;
	ssize_t n;

	while (off < end) {
		n = sendfile(sock, file, &off, end - off);
		must(n > 0, "sendfile");
	}
}

void flow_drain_pipe(int sock, int pipe, size_t len)
{
	ssize_t n;

	for (; len > 0; len -= n) {
		n = splice(pipe, NULL, sock, NULL, len, 0);
		must(n > 0, "splice to the socket");
	}
}

void flow_read(int sock, size_t len, off_t file_off)
{
	unsigned char buf[16 * FLOW_PAGE];
	ssize_t n, i;

	for (; len > 0; len -= n) {
		n = recv(sock, buf, len < sizeof(buf) ? len : sizeof(buf), 0);
		must(n >= 0, "recv");
		if (!n)
			fail_msg("the stream ended %zu bytes early", len);
		if (file_off < 0)
			continue;
		for (i = 0; i < n; i++, file_off++)
			if (buf[i] != flow_byte(file_off))
				fail_msg("byte %lld of the file arrived wrong",
					 (long long)file_off);
	}
}

size_t flow_read_to_end(int sock)
{
	char buf[16 * FLOW_PAGE];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(sock, buf, sizeof(buf), 0)) > 0)
		len += n;
	return len;
}

static void *drain_thread(void *arg)
{
	struct flow_drain *d = arg;

	d->got = flow_read_to_end(d->sock);
	return NULL;
}

void flow_drain_start(struct flow_drain *d, int sock)
{
	d->sock = sock;
	d->got = 0;
	errno = pthread_create(&d->thread, NULL, drain_thread, d);
	must(!errno, "pthread_create");
}

size_t flow_drain_join(struct flow_drain *d)
{
	pthread_join(d->thread, NULL);
	return d->got;
}

bool flow_wait(bool (*done)(void *arg), void *arg)
{
	const struct timespec step = { .tv_nsec = 1000 * 1000 };
	int i;

	for (i = 0; i < WAIT_STEPS; i++) {
		if (done(arg))
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

static bool all_acked(void *arg)
{
	int *sock = arg, left = -1;

	must(!ioctl(*sock, SIOCOUTQ, &left), "SIOCOUTQ");
	return !left;
}

void flow_wait_acked(int sock)
{
	if (!flow_wait(all_acked, &sock))
		fail_msg("the peer did not acknowledge everything");
}

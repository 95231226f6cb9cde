// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* net - see net.h. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/say.h"

#define SNDBUF (8 << 20)

const char *const net_names[NET_MAX] = { "lo", "veth", "tun" };

static const char *const address[NET_MAX] = { "127.0.0.1", "10.84.0.2", "10.85.0.2" };
static int here, there;		/* namespaces */
static int tun_here, tun_there;
static pthread_mutex_t handing = PTHREAD_MUTEX_INITIALIZER;	/* held while it is paused */

static void enter(int ns)
{
	must(!setns(ns, CLONE_NEWNET), "setns");
}

/* Whoever holds the other namespace, until we end. */
static pid_t start_holder(void)
{
	int ready[2];
	pid_t pid;
	char c;

	must(!pipe(ready), "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		must(!unshare(CLONE_NEWNET) && write(ready[1], "x", 1) == 1, "unshare");
		for (;;)
			pause();
	}
	must(read(ready[0], &c, 1) == 1, "the other namespace");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static int open_tun(void)
{
	struct ifreq req = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	must(fd >= 0, "/dev/net/tun");
	must(!ioctl(fd, TUNSETIFF, &req), "TUNSETIFF");
	must(!ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4), "TUNSETOFFLOAD");
	return fd;
}

/* If a device takes no packet it is lost, as on any network. */
static bool hand_on(int from, int to)
{
	static char packet[1 << 17];
	ssize_t n = read(from, packet, sizeof(packet));

	if (n > 0 && write(to, packet, n) < 0)
		must(errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM, "write to tun");
	return n > 0;
}

static void *run_tun(void *arg)
{
	struct pollfd both[] = { { .fd = tun_here, .events = POLLIN },
				 { .fd = tun_there, .events = POLLIN } };

	for (;;) {
		pthread_mutex_lock(&handing);
		for (int i = 0; i < 64 && hand_on(tun_here, tun_there); i++)
			;
		for (int i = 0; i < 64 && hand_on(tun_there, tun_here); i++)
			;
		pthread_mutex_unlock(&handing);
		poll(both, 2, -1);
	}
	return arg;
}

void net_pause(bool pause)
{
	if (pause)
		pthread_mutex_lock(&handing);
	else
		pthread_mutex_unlock(&handing);
}

void net_open(void)
{
	char command[1024], path[64];
	pthread_t thread;
	pid_t holder;

	must(!unshare(CLONE_NEWNET), "a namespace (this needs root)");
	here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	holder = start_holder();
	snprintf(path, sizeof(path), "/proc/%d/ns/net", holder);
	there = open(path, O_RDONLY | O_CLOEXEC);
	tun_here = open_tun();
	enter(there);
	tun_there = open_tun();
	enter(here);
	snprintf(command, sizeof(command),
		 "set -e; there='nsenter --net=%s ip'\n"
		 "ip link set lo up; ip link add ve0 type veth peer name ve1 netns %d\n"
		 "ip addr add 10.84.0.1/24 dev ve0; ip link set ve0 up\n"
		 "$there addr add 10.84.0.2/24 dev ve1; $there link set ve1 up\n"
		 "ip addr add 10.85.0.1/24 dev tun0; ip link set tun0 mtu 9000 up\n"
		 "$there addr add 10.85.0.2/24 dev tun0; $there link set tun0 mtu 9000 up\n",
		 path, holder);
	must(!system(command), "the devices");
	errno = pthread_create(&thread, NULL, run_tun, NULL);
	must(!errno, "thread");
}

static void set_option(int fd, int level, int name, int value)
{
	must(!setsockopt(fd, level, name, &value, sizeof(value)), "option %d", name);
}

void net_connect(enum net net, size_t rcvbuf, int *ret_tx, int *ret_rx)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener, tx;

	must(inet_pton(AF_INET, address[net], &addr.sin_addr) == 1, "%s", address[net]);
	if (net != NET_LO)
		enter(there);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enter(here);
	tx = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listener >= 0 && tx >= 0, "socket");
	set_option(listener, SOL_SOCKET, SO_RCVBUFFORCE, rcvbuf);
	set_option(tx, SOL_SOCKET, SO_SNDBUFFORCE, SNDBUF);
	set_option(tx, IPPROTO_TCP, TCP_NODELAY, 1);
	/* The same on each host; one that paces would be what is measured. */
	must(!setsockopt(tx, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), "TCP_CONGESTION");
	must(!bind(listener, (void *)&addr, len) && !listen(listener, 1), "listen");
	must(!getsockname(listener, (void *)&addr, &len), "getsockname");
	must(!connect(tx, (void *)&addr, len), "connect");
	*ret_rx = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(*ret_rx >= 0, "accept");
	close(listener);
	*ret_tx = tx;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * drain.c - see drain.h. The kernel has no call for either, but does both in passing. Before
 * it moves pages of a process to other nodes, it empties the batches; here the nodes are the
 * same. And packets that wait on a processor are freed when that receives another one; here a
 * datagram that we send to ourselves over lo.
 */
#include "drain.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void drain_batches(void)
{
	unsigned long node = 1;

	syscall(SYS_migrate_pages, 0, 8 * sizeof(node), &node, &node);
}

/* A socket that sends to itself. */
static int open_loop(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);

	if (fd < 0)
		return -1;
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !getsockname(fd, (struct sockaddr *)&addr, &len) &&
	    !connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

/* In a thread of its own, which goes from processor to processor. */
static void *receive_everywhere(void *arg)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	int fd = open_loop();
	char byte = 0;

	(void)arg;
	for (int cpu = 0; fd >= 0 && cpu < n && cpu < CPU_SETSIZE; cpu++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			continue;
		if (send(fd, &byte, 1, 0) == 1)
			recv(fd, &byte, 1, 0);
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

void drain_references(void)
{
	pthread_t thread;

	drain_batches();
	if (!pthread_create(&thread, NULL, receive_everywhere, NULL))
		pthread_join(thread, NULL);
}

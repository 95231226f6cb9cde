// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * drain.c - see drain.h. The kernel has no call for either, but does both in passing. Before
 * it moves pages of a process to other nodes, it empties the batches; here the nodes are the
 * same. And packets that wait on a processor are freed when that receives another one; here a
 * datagram that we send to ourselves over lo.
 *
 * Both have to run on every processor, which takes long where these are busy. So a thread does
 * it, and who asks for it does not wait for long.
 */
#include "drain.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static bool running;	/* a thread that nobody waits for any more may still be */

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

/* Go from processor to processor. */
static void receive_everywhere(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	int fd = open_loop();
	char byte = 0;

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
}

static void *drain(void *arg)
{
	(void)arg;
	receive_everywhere();
	drain_batches();
	__atomic_store_n(&running, false, __ATOMIC_RELEASE);
	return NULL;
}

/* Wait for a thread that nobody waits for any more. */
static bool is_over(__u64 until_ns)
{
	const struct timespec pause = { .tv_nsec = NSEC_PER_MSEC };

	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE)) {
		if (clock_mono_ns() >= until_ns)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

void drain_references(__u64 wait_ns)
{
	__u64 until_ns = clock_mono_ns() + wait_ns;
	const struct timespec until = {
		until_ns / NSEC_PER_SEC, until_ns % NSEC_PER_SEC,
	};
	pthread_t thread;

	if (!is_over(until_ns) || __atomic_exchange_n(&running, true, __ATOMIC_ACQUIRE))
		return;
	if (pthread_create(&thread, NULL, drain, NULL)) {
		__atomic_store_n(&running, false, __ATOMIC_RELEASE);
		return;
	}
	if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until))
		pthread_detach(thread);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* price_send - files sent over and over on one connection. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "figure.h"
#include "lib/say.h"
#include "net.h"
#include "price.h"

#define PAGE   4096u
#define RCVBUF (2 << 20)

static const struct reader {
	enum net net;
	bool discards;
	const char *what;
} readers[] = {
	{ NET_LO, true, "lo, the reader discards" },
	{ NET_LO, false, "lo, the reader copies" },
	{ NET_VETH, false, "veth into a namespace, the reader copies" },
	{ NET_TUN, false, "tun, the device and the reader copy" },
};

struct served {
	struct site site;
	int rx;
};

static bool changes_sender(const struct cure *c)
{
	return c->own_sender;
}

static size_t total_of(size_t size)
{
	size_t least = size < CHUNK ? 16u << 20 : size == CHUNK ? 64u << 20 : 256u << 20;

	return size > least ? size : least;
}

/* CPU time of both ends, and of what is between them, for a page; and bytes in a microsecond. */
static void send_many(const struct cure *c, struct served *to, bool discards, double *ret_cpu_ns,
		      double *ret_speed)
{
	size_t total = total_of(to->site.size);
	struct reading reading = { to->rx, discards, total };
	uint64_t cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID), wall = now_us();
	pthread_t reader;

	errno = pthread_create(&reader, NULL, price_read, &reading);
	must(!errno, "thread");
	for (size_t done = 0; done < total; done += to->site.size)
		c->send(&to->site);
	pthread_join(reader, NULL);
	*ret_speed = (double)total / (now_us() - wall);
	*ret_cpu_ns = (double)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (total / PAGE);
}

static void measure(const struct cure *const *rows, int n, const struct reader *reader,
		    const char *dir, int size, figures cpu, figures speed)
{
	struct served to[MAX_CURES];
	struct site site;

	site_open(&site, dir, sizes[size]);
	for (int i = 0; i < n; i++) {
		to[i].site = site;
		net_connect(reader->net, RCVBUF, &to[i].site.sock, &to[i].rx);
		if (rows[i]->begin)
			rows[i]->begin(&to[i].site);
	}
	for (int round = -1; round < rounds_of(sizes[size]); round++) {
		for (int i = 0; i < n; i++) {
			int at = round < 0 ? 0 : round;	/* the one more warms up */

			send_many(rows[i], &to[i], reader->discards, &cpu[i][size][at],
				  &speed[i][size][at]);
		}
	}
	for (int i = 0; i < n; i++) {
		close(to[i].site.sock);
		close(to[i].rx);
		site_close(&to[i].site);
	}
}

void price_senders(const char *dir)
{
	static figures cpu, speed;
	const struct cure *rows[MAX_CURES];
	int n = price_choose(rows, changes_sender, dir);

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		for (int size = 0; size < SIZES; size++)
			measure(rows, n, &readers[i], dir, size, cpu, speed);
		printf("\n%s\n", readers[i].what);
		print_table("CPU ns for 4 KiB", rows, n, cpu, true);
		print_table("throughput, MB/s", rows, n, speed, true);
	}
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* price_write - a change of 4 KiB, from its begin until who asks next gets the new bytes. */
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "figure.h"
#include "lib/say.h"
#include "net.h"
#include "price.h"

#define PAGE   4096u
#define RCVBUF (2 << 20)

struct sending {
	struct site *site;
	const struct cure *cure;
};

static bool changes_writer(const struct cure *c)
{
	return c->own_writer;
}

static void *do_send(void *arg)
{
	struct sending *s = arg;

	s->cure->send(s->site);
	s->site->sent = true;
	return NULL;
}

/* The file is on its way, and the reader begins to read as the writer begins to write. */
static void write_once(const struct cure *c, const char *dir, size_t size, double *ret_us,
		       double *ret_cpu_us)
{
	static const char bytes[PAGE];
	struct site site;
	struct sending sending = { &site, c };
	struct reading reading = { .size = size };
	pthread_t sender, reader;
	uint64_t began, cpu;
	int held = 0;

	site_open(&site, dir, size);
	net_connect(NET_LO, RCVBUF, &site.sock, &reading.rx);
	if (c->begin)
		c->begin(&site);
	errno = pthread_create(&sender, NULL, do_send, &sending);
	must(!errno, "thread");
	while (!ioctl(reading.rx, SIOCINQ, &held) && !held)
		nap();
	errno = pthread_create(&reader, NULL, price_read, &reading);
	must(!errno, "thread");
	began = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	c->write(&site, size / 2 / PAGE * PAGE, bytes, PAGE);
	*ret_cpu_us = (now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e3;
	*ret_us = (now_ns(CLOCK_MONOTONIC) - began) / 1e3;
	pthread_join(sender, NULL);
	pthread_join(reader, NULL);
	close(site.sock);
	close(reading.rx);
	site_close(&site);
}

void price_writers(const char *dir)
{
	static figures us, cpu;
	const struct cure *rows[MAX_CURES];
	int n = price_choose(rows, changes_writer, dir);

	for (int size = 0; size < SIZES; size++)
		for (int round = 0; round < rounds_of(sizes[size]); round++)
			for (int i = 0; i < n; i++)
				write_once(rows[i], dir, sizes[size], &us[i][size][round],
					   &cpu[i][size][round]);
	printf("\na change of 4 KiB of a file that is being sent over lo\n");
	print_table("until it is there, us", rows, n, us, false);
	print_table("CPU of the writer, us", rows, n, cpu, false);
}

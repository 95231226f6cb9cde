// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * race - the reader does not read, and the device hands nothing on, until the writer is done or
 * waits for them. So which of the two comes first is no question of time.
 */
#include "race.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/say.h"

#define SIZE	(1u << 20)
#define AT	12345u		/* what the writer changes */
#define LEN	20000u
#define ALL	(16u << 20)	/* a reader's buffer that takes all of the file */
#define LITTLE	(64u << 10)	/* one that does not */

struct actor {
	struct site *site;
	const struct cure *cure;
	bool cured;
	pthread_t thread;
	atomic_bool done;
};

static void *do_send(void *arg)
{
	struct actor *a = arg;

	if (a->cured)
		a->cure->send(a->site);
	else
		(a->cure->send_before ?: send_by_reference)(a->site);
	a->site->sent = true;
	a->done = true;
	return NULL;
}

static void *do_write(void *arg)
{
	static unsigned char bytes[LEN];
	struct actor *a = arg;

	for (size_t i = 0; i < LEN; i++)
		bytes[i] = ~site_byte(AT + i);
	(a->cured ? a->cure->write : write_in_place)(a->site, AT, bytes, LEN);
	a->done = true;
	return NULL;
}

static void start(struct actor *a, void *(*act)(void *), const char *name)
{
	errno = pthread_create(&a->thread, NULL, act, a);
	must(!errno, "thread");
	pthread_setname_np(a->thread, name);
	while (!a->done && !a->site->waits)
		nap();
}

static size_t read_wrong(int rx, size_t size)
{
	static unsigned char bytes[CHUNK];
	size_t at = 0, wrong = 0;

	while (at < size) {
		ssize_t n = recv(rx, bytes, sizeof(bytes), 0);

		must(n > 0, "recv");
		for (ssize_t i = 0; i < n; i++)
			wrong += bytes[i] != site_byte(at++);
	}
	return wrong;
}

/* Sealed memory is served: the file of that name is what nobody may write into. */
static void must_be_sealed(int memory)
{
	must(pwrite(memory, "x", 1, AT) < 0 && errno == EPERM, "a sealed file was written to");
}

/* The reader's kernel has all of it, and the reader nothing. */
static void wait_acked(int sock)
{
	int left = 1;

	while (!ioctl(sock, SIOCOUTQ, &left) && left)
		nap();
}

size_t race(const struct cure *cure, bool cured, enum net net, const char *dir)
{
	struct actor sender = { .cure = cure, .cured = cured }, writer = sender;
	struct site site;
	size_t wrong;
	int rx;

	site_open(&site, dir, SIZE);
	net_connect(net, cure->full_window ? LITTLE : ALL, &site.sock, &rx);
	if (cure->begin && (cured || cure->send_before))
		cure->begin(&site);
	if (site.sealed >= 0)
		must_be_sealed(site.sealed);
	sender.site = writer.site = &site;
	net_pause(true);
	start(&sender, do_send, "cure-sender");
	if (net != NET_TUN && !cure->full_window)
		wait_acked(site.sock);
	start(&writer, do_write, "cure-writer");
	net_pause(false);
	wrong = read_wrong(rx, SIZE);
	pthread_join(sender.thread, NULL);
	pthread_join(writer.thread, NULL);
	close(site.sock);
	close(rx);
	site_close(&site);
	return wrong;
}

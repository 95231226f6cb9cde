// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* noise - see noise.h. */
#include "noise.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "lib/say.h"
#include "net.h"

#define PORT 8990
#define SENDERS 16
#define SIZE (8 * PLAN_PAGE)	/* of a file, and of a call */
#define PAUSE_US 20000		/* after it; an emulated processor is slow */

static pthread_t thread[SENDERS];
static unsigned int n_senders;
static volatile bool stop;

static int make_file(void)
{
	char bytes[SIZE];
	int fd = memfd_create("noise", MFD_CLOEXEC);

	memset(bytes, 'n', sizeof(bytes));
	must(fd >= 0 && pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes), "memfd");
	return fd;
}

static void *make_noise(void *arg)
{
	struct sockaddr_in to;
	int sock = net_socket(), fd = make_file();

	net_addr(&to, NET_CARD, 3, PORT);
	must(!connect(sock, (void *)&to, sizeof(to)), "connect");
	while (!stop) {
		off_t at = 0;

		must(sendfile(sock, fd, &at, SIZE) > 0, "sendfile");
		usleep(PAUSE_US);
	}
	while (conn_outq(sock))
		nap();
	close(sock);
	close(fd);
	return arg;
}

static void begin(pthread_t *t, void *(*run)(void *arg), void *arg)
{
	errno = pthread_create(t, NULL, run, arg);
	must(!errno, "thread");
}

void noise_start(unsigned int senders)
{
	errno = 0;
	must(senders <= SENDERS, "%u senders", senders);
	for (n_senders = 0; n_senders < senders; n_senders++)
		begin(&thread[n_senders], make_noise, NULL);
}

void noise_stop(void)
{
	stop = true;
	while (n_senders)
		pthread_join(thread[--n_senders], NULL);
}

static void *swallow(void *arg)
{
	static __thread char bytes[1 << 16];
	int sock = (intptr_t)arg;

	while (read(sock, bytes, sizeof(bytes)) > 0)
		;
	close(sock);
	return NULL;
}

static void *take_connections(void *arg)
{
	int listener = (intptr_t)arg;
	pthread_t reader;

	for (;;) {
		int sock = accept(listener, NULL, NULL);

		must(sock >= 0, "accept");
		begin(&reader, swallow, (void *)(intptr_t)sock);
		pthread_detach(reader);
	}
	return NULL;
}

void noise_sink(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	static pthread_t taker;

	must(fd >= 0 && !bind(fd, (void *)&at, sizeof(at)) && !listen(fd, SENDERS), "listen");
	begin(&taker, take_connections, (void *)(intptr_t)fd);
}

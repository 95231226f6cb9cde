// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* send - the senders. */
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/fs.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cure.h"
#include "lib/say.h"

static void send_range(int sock, int file, off_t off, off_t end)
{
	while (off < end)
		must(sendfile(sock, file, &off, end - off) > 0, "sendfile");
}

void send_by_reference(struct site *s)
{
	int file = site_file(s);

	send_range(s->sock, file, 0, s->size);
	close(file);
}

static void send_all(int sock, const char *bytes, size_t len, int flags)
{
	for (ssize_t n; len; bytes += n, len -= n) {
		n = send(sock, bytes, len, flags);
		must(n > 0, "send");
	}
}

void send_copy(struct site *s)
{
	static char copy[CHUNK];
	int file = site_file(s);

	for (ssize_t n; (n = read(file, copy, sizeof(copy))) != 0;) {
		must(n > 0, "read");
		send_all(s->sock, copy, n, 0);
	}
	close(file);
}

void send_reflink(struct site *s)
{
	int copy = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int file = site_file(s);

	must(!ioctl(copy, FICLONE, file), "FICLONE");
	send_range(s->sock, copy, 0, s->size);
	close(file);
	close(copy);
}

void zerocopy_begin(struct site *s)
{
	const int one = 1;

	must(!setsockopt(s->sock, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), "SO_ZEROCOPY");
	s->ring = aligned_alloc(4096, RING * CHUNK);
	must(s->ring, "memory");
}

/* The kernel tells the numbers of the sends that it is through with. */
static void zerocopy_wait(struct site *s)
{
	char control[128];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct pollfd error = { .fd = s->sock };
	struct sock_extended_err *told;

	s->waits = true;
	must(poll(&error, 1, -1) == 1, "poll");
	must(recvmsg(s->sock, &msg, MSG_ERRQUEUE) >= 0, "MSG_ERRQUEUE");
	told = (void *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	must(told->ee_origin == SO_EE_ORIGIN_ZEROCOPY, "origin %u", told->ee_origin);
	for (uint32_t id = told->ee_info; id != told->ee_data + 1; id++)
		s->busy &= ~(1u << id % RING);
}

static void zerocopy_file(struct site *s, bool wait)
{
	int file = site_file(s);

	for (ssize_t n;; s->begun++) {
		uint32_t at = s->begun % RING;
		char *chunk = s->ring + at * CHUNK;

		while (wait && s->busy & 1u << at)
			zerocopy_wait(s);
		n = read(file, chunk, CHUNK);
		must(n >= 0, "read");
		if (!n)
			break;
		must(send(s->sock, chunk, n, MSG_ZEROCOPY) == n, "MSG_ZEROCOPY");
		s->busy |= 1u << at;
	}
	close(file);
}

void send_zerocopy(struct site *s)
{
	zerocopy_file(s, true);
}

void send_zerocopy_rashly(struct site *s)
{
	zerocopy_file(s, false);
}

/* TX_ACK: tell when what is sent from now on is acknowledged. */
static void stamp_ask(int sock, int ack)
{
	const int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			  SOF_TIMESTAMPING_OPT_TSONLY | ack;

	must(!setsockopt(sock, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)),
	     "SO_TIMESTAMPING");
}

void stamp_begin(struct site *s)
{
	stamp_ask(s->sock, 0);	/* numbers count from here */
}

void send_stamped(struct site *s)
{
	size_t tail = s->size < CHUNK ? s->size : CHUNK;
	int file = site_file(s);

	send_range(s->sock, file, 0, s->size - tail);
	stamp_ask(s->sock, SOF_TIMESTAMPING_TX_ACK);	/* of the last bytes alone */
	send_range(s->sock, file, s->size - tail, s->size);
	stamp_ask(s->sock, 0);
	s->stream += s->size;
	site_stamps(s);
	close(file);
}

void send_sealed(struct site *s)
{
	int memory = fcntl(s->sealed, F_DUPFD_CLOEXEC, 0);	/* this one, whatever comes */

	send_range(s->sock, memory, 0, s->size);
	close(memory);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* send - see send.h. */
#include "send.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/say.h"

#define PIPE_SIZE (1 << 20)

static int pipes[2];

void send_init(void)
{
	must(!pipe2(pipes, O_CLOEXEC), "pipe");
	must(fcntl(pipes[1], F_SETPIPE_SZ, PIPE_SIZE) >= PIPE_SIZE, "F_SETPIPE_SZ");
}

static void drain(int sock, ssize_t left)
{
	for (ssize_t n; left; left -= n) {
		n = splice(pipes[0], NULL, sock, NULL, left, 0);
		must(n > 0, "splice to the socket");
	}
}

void send_range(enum sender how, int sock, const struct file *f, const struct plan_range *r)
{
	off_t at = r->off, end = at + r->len;
	loff_t from = at;
	struct iovec iov;
	ssize_t n;

	for (; at < end; at += n) {
		switch (how) {
		case SENDER_SENDFILE:
			n = sendfile(sock, f->fd, &from, end - at);
			must(n > 0, "sendfile");
			break;
		case SENDER_SPLICE:
			n = splice(f->fd, &from, pipes[1], NULL, end - at, 0);
			must(n > 0, "splice from the file");
			drain(sock, n);
			break;
		case SENDER_VMSPLICE:
			iov = (struct iovec){ f->map + at, end - at };
			n = vmsplice(pipes[1], &iov, 1, 0);
			must(n > 0, "vmsplice");
			drain(sock, n);
			break;
		default:
			n = send(sock, f->buffer + at, end - at, MSG_ZEROCOPY);
			must(n > 0, "send with MSG_ZEROCOPY");
			break;
		}
	}
}

void send_prepare(enum sender how, int sock)
{
	int one = 1;

	if (how == SENDER_ZEROCOPY)
		must(!setsockopt(sock, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), "SO_ZEROCOPY");
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* site - a file of known bytes, and what senders and writers share. */
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/fs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cure.h"
#include "lib/say.h"
#include "pageflight_now.h"

unsigned char site_byte(size_t at)
{
	return at % 127 + 1;
}

void site_open(struct site *s, const char *dir, size_t size)
{
	static unsigned char bytes[127 * 4096];
	size_t done = 0;
	int file;

	*s = (struct site){ .size = size, .sock = -1, .sealed = -1 };
	must(snprintf(s->dir, sizeof(s->dir), "%s", dir) < (int)sizeof(s->dir), "%s", dir);
	snprintf(s->path, sizeof(s->path), "%s/served", s->dir);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = site_byte(i);
	file = open(s->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	while (done < size) {
		size_t len = size - done < sizeof(bytes) ? size - done : sizeof(bytes);

		must(write(file, bytes, len) == (ssize_t)len, "%s", s->path);
		done += len;
	}
	must(!fsync(file), "fsync");	/* a reflink would have to, later */
	close(file);
}

bool site_reflinks(const char *dir)
{
	struct site s;
	int file, copy;
	bool can;

	site_open(&s, dir, 4096);
	file = site_file(&s);
	copy = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	can = copy >= 0 && !ioctl(copy, FICLONE, file);
	if (copy >= 0)
		close(copy);
	close(file);
	site_close(&s);
	return can;
}

void site_close(struct site *s)
{
	pf_now_close(s->now);
	if (s->sealed >= 0)
		close(s->sealed);
	free(s->ring);
	unlink(s->path);
}

int site_file(const struct site *s)
{
	int file = open(s->path, O_RDONLY | O_CLOEXEC);

	must(file >= 0, "%s", s->path);
	return file;
}

void site_stamps(struct site *s)
{
	char control[256];
	struct msghdr msg;

	for (;;) {
		msg = (struct msghdr){ .msg_control = control, .msg_controllen = sizeof(control) };
		if (recvmsg(s->sock, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
			const struct sock_extended_err *told = (void *)CMSG_DATA(c);

			if (c->cmsg_level == SOL_IP && told->ee_info == SCM_TSTAMP_ACK)
				s->stamped = told->ee_data + 1;	/* the number of the last byte */
		}
	}
	must(errno == EAGAIN, "MSG_ERRQUEUE");
}

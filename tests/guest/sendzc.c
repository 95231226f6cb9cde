// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sendzc FD PAGES OFFSET LENGTH - send pages to a socket with IORING_OP_SEND_ZC,
 * each in a call of its own; when told to, invert a range of the buffer; then
 * wait until the kernel has told that it needs the buffer no more. Each step
 * begins with a byte on standard input, but the first, and ends with a line on
 * standard output. The bytes are those of pattern() in guest.py.
 *
 * Exit status 0: done; 77: the kernel does not have it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "ring.h"

#define PAGE 4096

static unsigned int told;	/* of how many sends the buffer is free */

/* What came of a request, and whether the buffer will be told of. */
static void sent(struct ring *r)
{
	struct io_uring_cqe cqe;

	while ((cqe = ring_wait(r)).flags & IORING_CQE_F_NOTIF)
		told++;
	if (cqe.res == -EINVAL || cqe.res == -EOPNOTSUPP)
		error(NOT_HERE, -cqe.res, "IORING_OP_SEND_ZC");
	if (cqe.res != PAGE || !(cqe.flags & IORING_CQE_F_MORE))
		error(1, cqe.res < 0 ? -cqe.res : 0, "sent %d", cqe.res);
}

static void send_pages(struct ring *r, int sock, unsigned char *buf, unsigned int pages)
{
	for (unsigned int i = 0; i < pages; i++) {
		struct io_uring_sqe sqe = {
			.opcode = IORING_OP_SEND_ZC,
			.fd = sock,
			.addr = (uintptr_t)(buf + i * PAGE),
			.len = PAGE,
		};

		ring_submit(r, &sqe);
		sent(r);
	}
}

static void say(const char *done)
{
	puts(done);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned int pages, off, len;
	unsigned char *buf;
	struct ring ring;

	if (argc != 5)
		error(2, 0, "usage: sendzc FD PAGES OFFSET LENGTH");
	pages = atoi(argv[2]);
	off = atoi(argv[3]);
	len = atoi(argv[4]);
	buf = aligned_alloc(PAGE, pages * PAGE);
	must(!!buf, "memory");
	for (unsigned int i = 0; i < pages * PAGE; i++)
		buf[i] = i % 127 + 1;

	ring_open(&ring);
	send_pages(&ring, atoi(argv[1]), buf, pages);
	say("sent");
	getchar();
	for (unsigned int i = off; i < off + len; i++)
		buf[i] ^= 0xff;
	say("changed");
	getchar();
	for (; told < pages; told++) {
		if (!(ring_wait(&ring).flags & IORING_CQE_F_NOTIF))
			error(1, 0, "a completion that nobody waits for");
	}
	say("free");
	return 0;
}

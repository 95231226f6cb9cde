// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * writer aio|aio_sync|uring FILE OFFSET LENGTH - invert the bytes of a range of a
 * file with one asynchronous write, aio_sync of a file that is open for O_SYNC:
 * what has no call in Python. Raw system calls, so that no library is needed.
 *
 * Exit status 0: written in full; 77: the kernel does not have it.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring.h"

static long write_aio(int fd, void *buf, size_t len, off_t off)
{
	struct iocb cb = {
		.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_fildes = fd,
		.aio_buf = (uintptr_t)buf,
		.aio_nbytes = len,
		.aio_offset = off,
	}, *list = &cb;
	aio_context_t ctx = 0;
	struct io_event done;

	must(!syscall(SYS_io_setup, 1, &ctx), "io_setup");
	must(syscall(SYS_io_submit, ctx, 1, &list) == 1, "io_submit");
	must(syscall(SYS_io_getevents, ctx, 1, 1, &done, NULL) == 1, "io_getevents");
	return done.res;
}

static long write_uring(int fd, void *buf, size_t len, off_t off)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_WRITE,
		.fd = fd,
		.addr = (uintptr_t)buf,
		.len = len,
		.off = off,
	};
	struct ring ring;

	ring_open(&ring);
	ring_submit(&ring, &sqe);
	return ring_wait(&ring).res;
}

int main(int argc, char **argv)
{
	unsigned char *buf;
	size_t len, i;
	long done;
	off_t off;
	int fd;

	if (argc != 5)
		error(2, 0, "usage: writer aio|aio_sync|uring FILE OFFSET LENGTH");
	off = atoll(argv[3]);
	len = atoll(argv[4]);
	fd = open(argv[2], O_RDWR | O_CLOEXEC | (strcmp(argv[1], "aio_sync") ? 0 : O_SYNC));
	must(fd >= 0, argv[2]);
	/* What is behind the end of the file is zero. */
	buf = calloc(1, len);
	must(buf && pread(fd, buf, len, off) >= 0, "pread");
	for (i = 0; i < len; i++)
		buf[i] ^= 0xff;
	if (!strcmp(argv[1], "uring"))
		done = write_uring(fd, buf, len, off);
	else
		done = write_aio(fd, buf, len, off);
	if (done < 0)
		error(1, -done, "write");
	return done != (long)len;
}

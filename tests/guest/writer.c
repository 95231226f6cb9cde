// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * writer aio|uring FILE OFFSET LENGTH - invert the bytes of a range of a file
 * with one asynchronous write: what has no call in Python. Raw system calls, so
 * that no library is needed.
 *
 * Exit status 0: written in full; 77: the kernel does not have it.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOT_HERE 77

static void must(int ok, const char *what)
{
	if (!ok)
		error(errno == ENOSYS || errno == EPERM ? NOT_HERE : 1, errno, "%s", what);
}

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

static void *ring_map(int ring, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	must(at != MAP_FAILED, "mmap of the ring");
	return at;
}

static long write_uring(int fd, void *buf, size_t len, off_t off)
{
	struct io_uring_params p = { 0 };
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	unsigned int *tail, *array;
	char *sq, *cq;
	int ring;

	ring = syscall(SYS_io_uring_setup, 1, &p);
	must(ring >= 0, "io_uring_setup");
	sq = ring_map(ring, p.sq_off.array + p.sq_entries * sizeof(*array), IORING_OFF_SQ_RING);
	cq = ring_map(ring, p.cq_off.cqes + p.cq_entries * sizeof(*cqe), IORING_OFF_CQ_RING);
	sqe = ring_map(ring, p.sq_entries * sizeof(*sqe), IORING_OFF_SQES);
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_WRITE;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)buf;
	sqe->len = len;
	sqe->off = off;
	array = (unsigned int *)(sq + p.sq_off.array);
	array[0] = 0;
	tail = (unsigned int *)(sq + p.sq_off.tail);
	__atomic_store_n(tail, 1, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1,
	     "io_uring_enter");
	tail = (unsigned int *)(cq + p.cq_off.tail);
	must(__atomic_load_n(tail, __ATOMIC_ACQUIRE) == 1, "completion");
	cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	return cqe->res;
}

int main(int argc, char **argv)
{
	unsigned char *buf;
	size_t len, i;
	long done;
	off_t off;
	int fd;

	if (argc != 5)
		error(2, 0, "usage: writer aio|uring FILE OFFSET LENGTH");
	off = atoll(argv[3]);
	len = atoll(argv[4]);
	fd = open(argv[2], O_RDWR | O_CLOEXEC);
	must(fd >= 0, argv[2]);
	buf = malloc(len);
	must(buf && pread(fd, buf, len, off) == (ssize_t)len, "pread");
	for (i = 0; i < len; i++)
		buf[i] ^= 0xff;
	if (!strcmp(argv[1], "aio"))
		done = write_aio(fd, buf, len, off);
	else
		done = write_uring(fd, buf, len, off);
	if (done < 0)
		error(1, -done, "write");
	return done != (long)len;
}

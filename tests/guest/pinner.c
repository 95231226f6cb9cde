// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pinner FILE SOURCE OFFSET LENGTH - map a file, let an io_uring pin its pages, and
 * unmap it; when told to, let the kernel read a range of the source file into the same
 * range of these pages. Each step ends with a line on standard output, and the second
 * begins with a byte on standard input.
 *
 * Exit status 0: done; 77: the kernel does not have it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "ring.h"

static void say(const char *done)
{
	puts(done);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_READ_FIXED };
	struct iovec all;
	struct ring ring;
	struct stat st;
	int fd, source;

	if (argc != 5)
		error(2, 0, "usage: pinner FILE SOURCE OFFSET LENGTH");
	fd = open(argv[1], O_RDWR);
	source = open(argv[2], O_RDONLY);
	must(fd >= 0 && source >= 0 && !fstat(fd, &st), "files");
	all.iov_len = st.st_size;
	all.iov_base = mmap(NULL, all.iov_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(all.iov_base != MAP_FAILED, "mmap");
	ring_open(&ring);
	must(!syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &all, 1),
	     "IORING_REGISTER_BUFFERS");
	must(!munmap(all.iov_base, all.iov_len), "munmap");
	say("pinned");
	getchar();
	sqe.fd = source;
	sqe.off = atoi(argv[3]);
	sqe.len = atoi(argv[4]);
	sqe.addr = (uintptr_t)all.iov_base + sqe.off;
	ring_submit(&ring, &sqe);
	if (ring_wait(&ring).res != (int)sqe.len)
		error(1, 0, "IORING_OP_READ_FIXED");
	say("stored");
	return 0;
}

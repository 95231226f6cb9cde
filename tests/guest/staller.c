// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * staller FILE OFFSET - invert two pages of a file by one write(2) that waits in the
 * middle, for a page of its buffer that is not there (userfaultfd), until it is told to
 * go on. Each step ends with a line on standard output, and the second begins with a
 * byte on standard input.
 *
 * Exit status 0: done; 77: the kernel does not have it.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define NOT_HERE 77

static int fd;
static off_t off;
static unsigned char *buf;	/* two pages, the second is not there */

static void must(int ok, const char *what)
{
	if (!ok)
		error(errno == ENOSYS || errno == EPERM ? NOT_HERE : 1, errno, "%s", what);
}

static void *memory(void)
{
	void *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(at != MAP_FAILED, "mmap");
	return at;
}

static int stall(unsigned char *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);

	must(uffd >= 0, "userfaultfd");
	must(!ioctl(uffd, UFFDIO_API, &api), "UFFDIO_API");
	must(!ioctl(uffd, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
	return uffd;
}

static void *write_all(void *arg)
{
	must(pwrite(fd, buf, 2 * PAGE, off) == 2 * PAGE, "write");
	return arg;
}

static void say(const char *done)
{
	puts(done);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned char *data = memory();
	struct uffdio_copy copy;
	struct uffd_msg msg;
	pthread_t thread;
	int uffd;

	if (argc != 3)
		error(2, 0, "usage: staller FILE OFFSET");
	fd = open(argv[1], O_RDWR);
	off = atoi(argv[2]);
	must(fd >= 0 && pread(fd, data, 2 * PAGE, off) == 2 * PAGE, "file");
	for (int i = 0; i < 2 * PAGE; i++)
		data[i] ^= 0xff;
	buf = memory();
	for (int i = 0; i < PAGE; i++)
		buf[i] = data[i];
	uffd = stall(buf + PAGE);
	errno = pthread_create(&thread, NULL, write_all, NULL);
	must(!errno, "thread");
	must(read(uffd, &msg, sizeof(msg)) == sizeof(msg), "read of the userfaultfd");
	say("begun");
	getchar();
	copy = (struct uffdio_copy){
		.dst = (uintptr_t)buf + PAGE,
		.src = (uintptr_t)data + PAGE,
		.len = PAGE,
	};
	must(!ioctl(uffd, UFFDIO_COPY, &copy), "UFFDIO_COPY");
	pthread_join(thread, NULL);
	say("written");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * example_now.c - overwrite the first bytes of a file once no socket holds them:
 *
 *	cc example_now.c $(pkg-config --cflags --libs --static pageflight-now)
 *	./a.out FILE TEXT
 *
 * It is as root, and nobody sends the file meanwhile: see pageflight-wait(8).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pageflight_now.h>

#define SECONDS 5

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	struct pf_now *now;
	size_t len;
	int err;

	if (fd < 0) {
		fprintf(stderr, "usage: %s FILE TEXT\n", argv[0]);
		return 2;
	}
	len = strlen(argv[2]);
	err = pf_now_open(&now);
	if (!err) {
		err = pf_now_wait(now, fd, 0, len, 0, SECONDS * 1000);
		pf_now_close(now);
	}
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-err));
		return 1;
	}
	return pwrite(fd, argv[2], len, 0) != (ssize_t)len;
}

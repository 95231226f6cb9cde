// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* iterator.c - see iterator.h. */
#include "iterator.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

int iterator_run(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err = 0;
	char nothing[64];
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, nothing, sizeof(nothing));
	} while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ready.c - see ready.h. */
#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

int ready_take(int fd, int *ret_fd, struct err *ret_err)
{
	int copy, flags;

	if (fd <= STDERR_FILENO)
		return err_set(ret_err, -EINVAL, "--ready-fd: %d is in use already", fd);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return err_set(ret_err, -EBADF, "--ready-fd: descriptor %d is not open", fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return err_set(ret_err, -EBADF, "--ready-fd: descriptor %d is not open for writing",
			       fd);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (copy < 0) {
		int err = -errno;

		return err_set(ret_err, err, "--ready-fd: %s", strerror(-err));
	}
	close(fd);
	*ret_fd = copy;
	return 0;
}

int ready_tell(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	int err = 0;

	/* The other end may be full. Its flags are not ours alone, so it stays blocking. */
	if (poll(&poll_fd, 1, 0) == 0)
		err = -EAGAIN;
	else if (write(fd, "\n", 1) < 0)
		err = -errno;
	close(fd);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* iterator.c - see iterator.h. */
#include "iterator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define ASIDE_MS 1000

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

/* Does not depend on SIGCHLD, which whoever started us may have set to be ignored. */
static int wait_for_answer(int fd)
{
	struct pollfd told = { .fd = fd, .events = POLLIN };
	int err, n;

	do {
		n = poll(&told, 1, ASIDE_MS);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	return read(fd, &err, sizeof(err)) == sizeof(err) ? err : -ECHILD;
}

int iterator_run_aside(const struct bpf_link *link)
{
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		err = iterator_run(link);
		_exit(write(fds[1], &err, sizeof(err)) != sizeof(err));
	}
	err = pid < 0 ? -errno : 0;
	close(fds[1]);
	err = err ?: wait_for_answer(fds[0]);
	close(fds[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return err;
}

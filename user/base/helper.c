// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* helper.c - see helper.h. */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "log.h"

#define OWN_FD (STDERR_FILENO + 1)
#define SOCKET_BYTES (1 << 20)	/* asked for; the kernel may give less */

static void block_ends(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

/* Put the two where they belong, by way of numbers that are free. */
static int place(int fd, int keep)
{
	int copy = keep < 0 ? -1 : fcntl(keep, F_DUPFD, OWN_FD + 2);

	if (keep >= 0 && copy < 0)
		return -errno;
	if (fd != OWN_FD && dup2(fd, OWN_FD) < 0)
		return -errno;
	if (keep >= 0 && dup2(copy, OWN_FD + 1) < 0)
		return -errno;
	closefrom(OWN_FD + 1 + (keep >= 0));
	return 0;
}

static void run_helper(const char *name, int fd, int keep, int (*run)(void *ctx, int fd), void *ctx)
{
	prctl(PR_SET_NAME, name);
	block_ends();
	log_set_writer(NULL, NULL);
	if (place(fd, keep))
		_exit(1);
	_exit(run(ctx, OWN_FD));
}

int helper_start_with(struct helper *ret_helper, const char *name, int (*run)(void *ctx, int fd),
		      void *ctx, int keep)
{
	const int bytes = SOCKET_BYTES;
	int fds[2], err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	/* Smaller ones do, but more slowly. */
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	pid = fork();
	if (!pid)
		run_helper(name, fds[1], keep, run, ctx);
	err = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (err) {
		close(fds[0]);
		return err;
	}
	*ret_helper = (struct helper){ .pid = pid, .fd = fds[0] };
	return 0;
}

int helper_start(struct helper *ret_helper, const char *name, int (*run)(void *ctx, int fd),
		 void *ctx)
{
	return helper_start_with(ret_helper, name, run, ctx, -1);
}

int helper_end(struct helper *helper, __u64 limit_ns, int stop_fd)
{
	struct pollfd fds[] = {
		{ .fd = helper->fd },
		{ .fd = stop_fd, .events = POLLIN },
	};
	__u64 now = clock_mono_ns(), until = now + limit_ns;
	int status;

	while (!fds[0].revents) {
		if (now >= until)
			return -ETIMEDOUT;
		if (poll(fds, 2, (until - now) / NSEC_PER_MSEC + 1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents)
			return -EINTR;
		now = clock_mono_ns();
	}
	close(helper->fd);
	helper->fd = -1;
	if (waitpid(helper->pid, &status, 0) != helper->pid)
		return -errno;
	helper->pid = 0;
	return child_exit_status(status);
}

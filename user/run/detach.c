// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * detach.c - see detach.h. Of several descriptors in one table each is closed once,
 * by whoever does it first, so the process can close them for both.
 */
#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/err.h"
#include "base/signals.h"
#include "confine.h"
#include "kernel/loader.h"

#define LOOK_MS 500

static void run(pid_t parent, int go_fd, int done_fd, struct loader *loader)
{
	struct err err;
	char go;

	prctl(PR_SET_NAME, "pageflight-end");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have ended before the kernel knew that we want to be told. */
	if (getppid() != parent)
		_exit(0);
	/* What it cannot give up it does not use. */
	capabilities_keep(0);
	confine(0, &err);
	if (read(go_fd, &go, 1) == 1) {
		loader_close(loader);
		if (write(done_fd, "\n", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

int detach_start(struct detach *ret_detach, struct loader *loader)
{
	pid_t parent = getpid(), pid;
	int go[2], done[2], err;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(done, O_CLOEXEC)) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	/* No signal tells of its end, so that SIGCHLD stays that of the command. */
	pid = syscall(SYS_clone, CLONE_FILES, NULL, NULL, NULL, NULL);
	if (!pid)
		run(parent, go[0], done[1], loader);
	if (pid < 0) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		close(done[0]);
		close(done[1]);
		return err;
	}
	*ret_detach = (struct detach){ .pid = pid, .go_fd = go[1], .done_fd = done[0] };
	return 0;
}

static bool is_gone(const struct detach *detach)
{
	return waitpid(detach->pid, NULL, WNOHANG | __WALL) != 0;
}

int detach_end(const struct detach *detach, int signal_fd)
{
	struct pollfd fds[] = {
		{ .fd = detach->done_fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};

	if (!detach->pid || is_gone(detach) || write(detach->go_fd, "\n", 1) != 1)
		return -ESRCH;
	/* Its end of the pipe is ours as well, and stays open when it is killed. */
	while (poll(fds, 2, LOOK_MS) >= 0 || errno == EINTR) {
		if (fds[0].revents) {
			waitpid(detach->pid, NULL, __WALL);
			return 0;
		}
		if (is_gone(detach))
			return -ESRCH;
		if (fds[1].revents && signals_take_end(signal_fd))
			break;
	}
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		close(fd);
	return -EINTR;
}

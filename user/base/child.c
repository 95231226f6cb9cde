// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * child - fork, hold back, release.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "signals.h"

#define STATUS_NOT_FOUND 127
#define STATUS_NOT_RUN 126

int child_start(struct child *ret_child, int (*run)(void *ctx), void *ctx)
{
	int fds[2];
	pid_t pid;
	char go;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!pid) {
		close(fds[1]);
		signals_reset();
		if (read(fds[0], &go, 1) != 1)
			_exit(STATUS_NOT_RUN);
		close(fds[0]);
		_exit(run(ctx));
	}
	close(fds[0]);
	*ret_child = (struct child){ .pid = pid, .go_fd = fds[1] };
	return 0;
}

void child_go(struct child *child)
{
	/* The child may have been killed meanwhile: SIGCHLD tells the session. */
	if (write(child->go_fd, "\n", 1) < 0)
		log_debug("process %d is gone before its start", child->pid);
	child_cancel(child);
}

void child_cancel(struct child *child)
{
	if (child->go_fd >= 0)
		close(child->go_fd);
	child->go_fd = -1;
}

int child_exec(void *argv)
{
	char **args = argv;

	execvp(args[0], args);
	log_error("cannot run %s: %s", args[0], strerror(errno));
	return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN;
}

int child_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

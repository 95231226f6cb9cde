// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* iterator.c - see iterator.h. */
#include "iterator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/netns.h"

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

struct tour {
	const struct bpf_link *link;
	const struct netns_set *set;
	int err;
};

/* Only this thread enters the namespaces. */
static void *go_round(void *arg)
{
	struct tour *tour = arg;

	for (size_t i = 0; i < tour->set->n; i++) {
		const struct netns *netns = &tour->set->at[i];
		int err;

		if (netns->fd >= 0 && setns(netns->fd, CLONE_NEWNET))
			continue;
		err = iterator_run(tour->link);
		tour->err = tour->err ?: err;
	}
	return NULL;
}

int iterator_run_everywhere(const struct bpf_link *link)
{
	struct netns_set set;
	struct tour tour = { .link = link, .set = &set };
	pthread_t thread;
	int err;

	if (netns_find(&set))
		return iterator_run(link);
	err = -pthread_create(&thread, NULL, go_round, &tour);
	if (!err)
		pthread_join(thread, NULL);
	netns_close(&set);
	return err ?: tour.err;
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

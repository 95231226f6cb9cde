// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* signals.c - see signals.h. Several pending signals of one kind are one. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static bool is_ignored(int signo)
{
	struct sigaction now;

	return !sigaction(signo, NULL, &now) && now.sa_handler == SIG_IGN;
}

/* A blocked signal is delivered to the descriptor even if it is ignored. */
static void choose(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGINT);
	sigaddset(ret_set, SIGTERM);
	sigaddset(ret_set, SIGQUIT);
	sigaddset(ret_set, SIGCHLD);
	if (!is_ignored(SIGHUP))
		sigaddset(ret_set, SIGHUP);
}

int signals_open(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* The kernel reaps a child, without a word, whose parent ignores SIGCHLD. */
	signal(SIGCHLD, SIG_DFL);
	choose(&set);
	if (sigprocmask(SIG_SETMASK, &set, NULL))
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int signals_next(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

bool signals_take_end(int fd)
{
	bool any = false;
	int signo;

	while ((signo = signals_next(fd)))
		any |= signo != SIGCHLD;
	return any;
}

bool signals_urge(int fd, bool *ret_urged)
{
	bool any = signals_take_end(fd);

	*ret_urged |= any;
	return any;
}

bool signals_end_pending(void)
{
	sigset_t set;

	return !sigpending(&set) &&
	       (sigismember(&set, SIGINT) > 0 || sigismember(&set, SIGTERM) > 0 ||
		sigismember(&set, SIGQUIT) > 0 || sigismember(&set, SIGHUP) > 0);
}

static void block_none(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void signals_reset(void)
{
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	block_none();
}

void signals_unblock(int fd)
{
	while (signals_next(fd))
		;
	block_none();
}

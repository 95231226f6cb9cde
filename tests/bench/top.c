// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top - what `pageflight top` costs at one frame a second: processor time of the session and of
 * the process that has the terminal, with 0 and with 10,000 connections that have ten pages in
 * flight each. A nanosecond is an instruction of the guest (tests/vm/run --icount).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/say.h"
#include "net.h"

#define CONNS 10000
#define CONN_PAGES 10
#define SECONDS 20
#define GOAL 2.0	/* per cent of a processor */

static pid_t session;

static void become_top(int ready, int out)
{
	char fd[16];

	snprintf(fd, sizeof(fd), "%d", ready);
	dup2(out, STDOUT_FILENO);
	execl("build/pageflight", "pageflight", "top", "--batch", "--content", "off", "--ready-fd", fd,
	      "--max-pages", "262144", "--max-conns", "12000", NULL);
	must(false, "build/pageflight");
}

static void start(int out)
{
	int ready[2];
	char byte;

	must(!pipe(ready), "pipe");
	session = fork();
	must(session >= 0, "fork");
	if (!session) {
		close(ready[0]);
		become_top(ready[1], out);
	}
	close(ready[1]);
	must(read(ready[0], &byte, 1) == 1, "top did not start");
	close(ready[0]);
}

static uint64_t cpu_ns(pid_t pid)
{
	clockid_t clock;

	must(!clock_getcpuclockid(pid, &clock), "the clock of a process");
	return now_ns(clock);
}

/* The session and its helper. */
static uint64_t all_ns(void)
{
	uint64_t sum = cpu_ns(session);
	char path[64];
	FILE *in;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", session, session);
	in = fopen(path, "re");
	must(in, "%s", path);
	while (fscanf(in, "%d", &child) == 1)
		sum += cpu_ns(child);
	fclose(in);
	return sum;
}

/* Per cent of a processor. */
static double measure(void)
{
	const struct timespec rest = { .tv_sec = 3 }, time = { .tv_sec = SECONDS };
	uint64_t before, own;

	nanosleep(&rest, NULL);
	before = all_ns();
	own = cpu_ns(session);
	nanosleep(&time, NULL);
	printf("  of it the session: %6.3f %%\n", (cpu_ns(session) - own) / (SECONDS * 1e7));
	return (all_ns() - before) / (SECONDS * 1e7);
}

static int tail_of(int out, const char *text)
{
	static char frames[4 << 20];
	ssize_t n = pread(out, frames, sizeof(frames) - 1, 0);

	must(n > 0, "no frames");
	frames[n] = '\0';
	return strstr(frames, text) != NULL;
}

int main(void)
{
	int out = open("/tmp/top-frames", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	int file = file_new(64 << 20), status;
	struct crowd crowd;
	double cost;

	setvbuf(stdout, NULL, _IOLBF, 0);
	net_prepare();
	must(out >= 0, "/tmp/top-frames");
	start(out);
	puts("processor time of top at one frame a second");
	printf("%8d pages on %6d connections: %6.3f %%\n", 0, 0, measure());
	crowd_open(&crowd, CONNS, file, CONN_PAGES, CONN_PAGES * PAGE);
	cost = measure();
	printf("%8d pages on %6d connections: %6.3f %%\n", CONNS * CONN_PAGES, CONNS, cost);
	printf("goal  %-56s at most %7.5g %9.5g  %s\n", "top, of a processor, in per cent", GOAL, cost,
	       cost <= GOAL ? "met" : "not met");
	kill(session, SIGTERM);
	must(waitpid(session, &status, 0) == session && !status, "top ended with %d", status);
	/* Some kernels cut one page of a connection in two. */
	must(tail_of(out, "pages of 10000 connections; nothing was lost"), "the frame");
	crowd_close(&crowd);
	return 0;
}

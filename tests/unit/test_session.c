// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_session.c - a session ends on time, whatever comes in and whoever reads.
 * Each session is a process of its own, since it takes signals and standard
 * output. The kernel side is a stub.
 */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "run/ready.h"
#include "run/session.h"
#include "stub_loader.h"

#define SEC NSEC_PER_SEC
#define SOON (20 * SEC)	/* on the busiest machine; less than any storm */
#define NOT_ENDED (-1)

struct run {
	pid_t pid;
	int out;	/* what it writes can be read here */
	int status;
	struct rusage used;
};

static int session(const struct session_opts *with)
{
	struct session_opts opts = *with;
	struct session_result result = { 0 };

	opts.report.json = true;
	opts.report.fail_on = -1;
	opts.settle_ns = SEC / 10;
	return session_run(&opts, &result) ? 1 : result.child_ended ? result.child_status : 0;
}

/* Start a session that writes to `to`, and wait until it has attached. */
static void start(struct run *run, struct session_opts *opts, int to, char **command)
{
	int ready[2];
	char newline;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	run->pid = fork();
	if (!run->pid) {
		struct child child;
		struct err err;

		dup2(to, STDOUT_FILENO);
		close(to);
		if (run->out >= 0)
			close(run->out);
		freopen(getenv("SAY") ?: "/dev/null", "a", stderr);
		if (ready_take(ready[1], &opts->ready_fd, &err))
			_exit(1);
		if (command && !child_start(&child, child_exec, command))
			opts->child = &child;
		_exit(session(opts));
	}
	close(to);
	close(ready[1]);
	assert_int_equal(read(ready[0], &newline, 1), 1);
	close(ready[0]);
}

/* How long it took to end; it is killed if it takes far too long. */
static __u64 end(struct run *run)
{
	__u64 began = clock_mono_ns(), now = began;
	int status = 0;
	pid_t pid;

	while (!(pid = wait4(run->pid, &status, WNOHANG, &run->used))) {
		now = clock_mono_ns();
		if (now - began > 2 * SOON) {
			kill(run->pid, SIGKILL);
			wait4(run->pid, &status, 0, &run->used);
			run->status = NOT_ENDED;
			return now - began;
		}
		usleep(5000);
	}
	assert_int_equal(pid, run->pid);
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : NOT_ENDED;
	return clock_mono_ns() - began;
}

static void start_with_pipe(struct run *run, struct session_opts *opts, char **command)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	run->out = fds[0];
	start(run, opts, fds[1], command);
}

/* All it writes goes to a file, which never blocks. */
static FILE *start_with_file(struct run *run, struct session_opts *opts, char **command)
{
	FILE *all = tmpfile();

	assert_non_null(all);
	run->out = -1;
	start(run, opts, dup(fileno(all)), command);
	return all;
}

static __u64 number(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	assert_non_null(at);
	return strtoull(at + strlen(key) + 1, NULL, 10);
}

/* The summary is there, and all incidents were printed or counted as lost. */
static void check_summary(FILE *all)
{
	char line[8192], last[8192] = "";
	__u64 printed = 0;

	rewind(all);
	while (fgets(line, sizeof(line), all)) {
		printed += !strncmp(line, "{\"type\":\"incident\"", 18);
		strcpy(last, line);
	}
	assert_true(!strncmp(last, "{\"type\":\"summary\"", 17));
	assert_true(printed > 0);
	assert_int_equal(number(last, "\"corrupt\""), printed + number(last, "\"output_lost\""));
	fclose(all);
}

static void let_run(void)
{
	usleep(300000);
}

static void stop_in_storm(int signo)
{
	struct session_opts opts = { 0 };
	struct run run;
	FILE *all;

	stub = (struct stub){ .storm_ns = 60 * SEC, .backlog = 4 << 20 };
	all = start_with_file(&run, &opts, NULL);
	let_run();
	kill(run.pid, signo);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
	check_summary(all);
}

TEST_FN(storm_sigint)
{
	stop_in_storm(SIGINT);
}

TEST_FN(storm_sighup)
{
	stop_in_storm(SIGHUP);
}

TEST_FN(storm_duration)
{
	struct session_opts opts = { .duration_ns = SEC / 2 };
	struct run run;
	FILE *all;

	stub = (struct stub){ .storm_ns = 60 * SEC, .backlog = 4 << 20 };
	all = start_with_file(&run, &opts, NULL);
	assert_true(end(&run) < SEC / 2 + SOON);
	assert_int_equal(run.status, 0);
	check_summary(all);
}

TEST_FN(storm_child_ends)
{
	char *command[] = { "sh", "-c", "exit 7", NULL };
	struct session_opts opts = { 0 };
	struct run run;
	FILE *all;

	stub = (struct stub){ .storm_ns = 60 * SEC, .backlog = 4 << 20 };
	all = start_with_file(&run, &opts, command);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 7);
	check_summary(all);
}

/* Nobody reads: it ends all the same, and says that output was lost. */
TEST_FN(full_pipe_sigint)
{
	struct session_opts opts = { 0 };
	struct run run;

	stub = (struct stub){ .storm_ns = SEC / 4 };
	start_with_pipe(&run, &opts, NULL);
	let_run();
	kill(run.pid, SIGINT);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 1);
	close(run.out);
}

TEST_FN(full_pipe_duration)
{
	struct session_opts opts = { .duration_ns = SEC / 2 };
	struct run run;

	stub = (struct stub){ .storm_ns = SEC / 4 };
	start_with_pipe(&run, &opts, NULL);
	assert_true(end(&run) < SEC / 2 + SOON);
	assert_int_equal(run.status, 1);
	close(run.out);
}

TEST_FN(full_pipe_child_ends)
{
	char *command[] = { "sh", "-c", "sleep 0.5", NULL };
	struct session_opts opts = { 0 };
	struct run run;

	stub = (struct stub){ .storm_ns = SEC / 4 };
	start_with_pipe(&run, &opts, command);
	assert_true(end(&run) < SEC / 2 + SOON);
	assert_int_equal(run.status, 1);
	close(run.out);
}

/* A reader that closes ends it, and costs no time of a processor. */
TEST_FN(peer_gone)
{
	struct session_opts opts = { 0 };
	struct run run;
	int pair[2];

	stub = (struct stub){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	run.out = pair[0];
	start(&run, &opts, pair[1], NULL);
	close(pair[0]);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 1);
	assert_int_equal(run.used.ru_utime.tv_sec, 0);
}

/* A pipe that others left non-blocking is waited for. */
TEST_FN(non_blocking_pipe)
{
	struct session_opts opts = { 0 };
	__u64 lines = 0;
	struct run run;
	char buf[65536];
	int fds[2];
	ssize_t n;

	stub = (struct stub){ .incidents = 200 };
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	run.out = fds[0];
	start(&run, &opts, fds[1], NULL);
	let_run();
	kill(run.pid, SIGINT);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	end(&run);
	assert_int_equal(run.status, 0);
	assert_int_equal(lines, 201);
	close(fds[0]);
}

/* A file that may not grow any more: one line of error, no signal. */
TEST_FN(file_size_limit)
{
	struct rlimit was, small;
	struct session_opts opts = { 0 };
	struct run run;
	FILE *all;

	stub = (struct stub){ .incidents = 200 };
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = (struct rlimit){ 10000, was.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	all = start_with_file(&run, &opts, NULL);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 1);
	fclose(all);
}

TEST_FN(sigchld_ignored)
{
	char *command[] = { "sh", "-c", "exit 7", NULL };
	struct session_opts opts = { 0 };
	struct run run;

	stub = (struct stub){ 0 };
	signal(SIGCHLD, SIG_IGN);
	run.out = -1;
	start(&run, &opts, open("/dev/null", O_WRONLY), command);
	signal(SIGCHLD, SIG_DFL);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 7);
}

/* A session whose parent ignores SIGPIPE and blocks two signals. Returns the status of command. */
static int with_odd_signals(char **command)
{
	struct session_opts opts = { 0 };
	struct run run = { .out = -1 };
	sigset_t set, was;

	stub = (struct stub){ 0 };
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &was);
	start(&run, &opts, open("/dev/null", O_WRONLY), command);
	sigprocmask(SIG_SETMASK, &was, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_true(end(&run) < SOON);
	return run.status;
}

TEST_FN(command_blocks_nothing)
{
	char *command[] = { "grep", "-q", "SigBlk:.0*$", "/proc/self/status", NULL };

	assert_int_equal(with_odd_signals(command), 0);
}

TEST_FN(command_has_sigpipe)
{
	char *command[] = { "sh", "-c", "kill -PIPE $$", NULL };

	assert_int_equal(with_odd_signals(command), 128 + SIGPIPE);
}

int main(void)
{
	cmocka_set_test_filter(getenv("ONLY"));
const struct CMUnitTest tests[] = {
		cmocka_unit_test(storm_sigint),
		cmocka_unit_test(storm_sighup),
		cmocka_unit_test(storm_duration),
		cmocka_unit_test(storm_child_ends),
		cmocka_unit_test(full_pipe_sigint),
		cmocka_unit_test(full_pipe_duration),
		cmocka_unit_test(full_pipe_child_ends),
		cmocka_unit_test(peer_gone),
		cmocka_unit_test(non_blocking_pipe),
		cmocka_unit_test(file_size_limit),
		cmocka_unit_test(sigchld_ignored),
		cmocka_unit_test(command_blocks_nothing),
		cmocka_unit_test(command_has_sigpipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

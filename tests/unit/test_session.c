// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_session.c - a session ends on time, whatever comes in and whoever reads.
 */
#include "lib/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "running.h"
#include "stub_loader.h"

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

TEST_FN(storm_sigquit)
{
	stop_in_storm(SIGQUIT);
}

/* Taking down the kernel side can last: a second signal does not wait for it, nor does a reader. */
TEST_FN(second_signal)
{
	struct session_opts opts = { 0 };
	struct run run;
	char text[8192];
	__u64 began;
	ssize_t n;

	stub = (struct stub){ .close_ns = 3 * SOON };
	start_with_pipe(&run, &opts, NULL);
	kill(run.pid, SIGINT);
	n = read(run.out, text, sizeof(text));
	assert_true(n > 0 && !strncmp(text, "{\"type\":\"summary\"", 17));
	assert_int_equal(waitpid(run.pid, NULL, WNOHANG), 0);
	began = clock_mono_ns();
	kill(run.pid, SIGINT);
	assert_int_equal(read(run.out, text, sizeof(text)), 0);
	end(&run);
	assert_true(clock_mono_ns() - began < SOON);
	assert_int_equal(run.status, 0);
	close(run.out);
}

/* The only process that a session has made. */
static pid_t process_of(pid_t session)
{
	char path[64];
	FILE *in;
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", session, session);
	in = fopen(path, "r");
	if (!in)
		skip();
	assert_int_equal(fscanf(in, "%d", &pid), 1);
	fclose(in);
	return pid;
}

/* A session whose helper was killed takes the kernel side down itself. */
TEST_FN(detaches_alone)
{
	struct session_opts opts = { 0 };
	struct run run;
	FILE *all;

	stub = (struct stub){ .incidents = 2 };
	all = start_with_file(&run, &opts, NULL);
	let_run();
	kill(process_of(run.pid), SIGKILL);
	kill(run.pid, SIGINT);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
	check_summary(all);
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

	stub = (struct stub){ .storm_ns = SEC / 4, .incidents = 2000 };
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

	stub = (struct stub){ .storm_ns = SEC / 4, .incidents = 2000 };
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

	stub = (struct stub){ .storm_ns = SEC / 4, .incidents = 2000 };
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

static void wait_for_bytes(FILE *file, off_t bytes)
{
	__u64 began = clock_mono_ns();
	struct stat st = { 0 };

	while (st.st_size < bytes) {
		assert_true(clock_mono_ns() - began < SOON);
		usleep(5000);
		assert_int_equal(fstat(fileno(file), &st), 0);
	}
}

/* Nobody reads standard error until the end: what is missing there is counted there. */
TEST_FN(stderr_not_read)
{
	struct session_opts opts = { 0 };
	__u64 said = 0, missing = 0;
	char line[1024], name[64];
	struct run run;
	FILE *all, *in;
	int fds[2];

	stub = (struct stub){ .incidents = 3000 };
	assert_int_equal(pipe(fds), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[1]);
	setenv("SAY", name, 1);
	log_set_verbose(true);
	all = start_with_file(&run, &opts, NULL);
	log_set_verbose(false);
	unsetenv("SAY");
	close(fds[1]);
	wait_for_bytes(all, 1 << 20);
	in = fdopen(fds[0], "r");
	assert_non_null(in);
	kill(run.pid, SIGINT);
	while (fgets(line, sizeof(line), in)) {
		said += !strncmp(line, "pageflight: op ", 15);
		if (strstr(line, " messages are missing here"))
			missing += strtoull(strchr(line, ' '), NULL, 10);
	}
	fclose(in);
	end(&run);
	assert_int_equal(run.status, 0);
	assert_true(missing > 0);
	assert_int_equal(said + missing, check_summary(all));
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

/* The session gives up privileges, the command has what we have. */
TEST_FN(command_is_not_confined)
{
	static char ours[1024];
	char *command[] = {
		"sh", "-c", "[ \"$(grep -E '^(Cap|NoNewPrivs:|Seccomp:)' /proc/self/status)\" = \"$0\" ]",
		ours, NULL,
	};
	FILE *in = popen("grep -E '^(Cap|NoNewPrivs:|Seccomp:)' /proc/self/status", "r");
	struct session_opts opts = { 0 };
	struct run run = { .out = -1 };
	size_t n;

	assert_non_null(in);
	n = fread(ours, 1, sizeof(ours) - 1, in);
	pclose(in);
	assert_true(n > 0);
	ours[n - 1] = '\0';	/* the shell drops the last newline, too */
	stub = (struct stub){ 0 };
	start(&run, &opts, open("/dev/null", O_WRONLY), command);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
}

int main(void)
{
	cmocka_set_test_filter(getenv("ONLY"));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(storm_sigint),
		cmocka_unit_test(storm_sighup),
		cmocka_unit_test(storm_sigquit),
		cmocka_unit_test(second_signal),
		cmocka_unit_test(detaches_alone),
		cmocka_unit_test(storm_duration),
		cmocka_unit_test(storm_child_ends),
		cmocka_unit_test(full_pipe_sigint),
		cmocka_unit_test(full_pipe_duration),
		cmocka_unit_test(full_pipe_child_ends),
		cmocka_unit_test(peer_gone),
		cmocka_unit_test(non_blocking_pipe),
		cmocka_unit_test(file_size_limit),
		cmocka_unit_test(stderr_not_read),
		cmocka_unit_test(sigchld_ignored),
		cmocka_unit_test(command_blocks_nothing),
		cmocka_unit_test(command_has_sigpipe),
		cmocka_unit_test(command_is_not_confined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

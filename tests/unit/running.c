// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* running.c - see running.h. */
#include "running.h"

#include "lib/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/err.h"
#include "run/ready.h"

static int session(const struct session_opts *with)
{
	struct session_opts opts = *with;
	struct session_result result = { 0 };

	opts.report.json = true;
	opts.report.fail_on = -1;
	opts.confined = true;
	opts.settle_ns = SEC / 10;
	return session_run(&opts, &result) ? 1 : result.child_ended ? result.child_status : 0;
}

void start(struct run *run, struct session_opts *opts, int to, char **command)
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

__u64 end(struct run *run)
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

void start_with_pipe(struct run *run, struct session_opts *opts, char **command)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	run->out = fds[0];
	start(run, opts, fds[1], command);
}

FILE *start_with_file(struct run *run, struct session_opts *opts, char **command)
{
	FILE *all = tmpfile();

	assert_non_null(all);
	run->out = -1;
	start(run, opts, dup(fileno(all)), command);
	return all;
}

__u64 number(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	assert_non_null(at);
	return strtoull(at + strlen(key) + 1, NULL, 10);
}

__u64 check_summary(FILE *all)
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
	return printed;
}

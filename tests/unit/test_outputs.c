// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_outputs.c - a session with several outputs: each gets all, and none that fails
 * or hangs holds up another.
 */
#include "lib/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/helper.h"
#include "run/helpers.h"
#include "running.h"
#include "stub_loader.h"

static char dir[64];

static char *in_dir(const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static char *text_of(FILE *in)
{
	char *text = NULL;
	size_t room = 0;

	assert_non_null(in);
	rewind(in);
	if (getdelim(&text, &room, '\0', in) < 0)
		*text = '\0';
	fclose(in);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void wait_for(const char *path, off_t bytes)
{
	__u64 began = clock_mono_ns();
	struct stat st = { 0 };

	while (stat(path, &st) || st.st_size < bytes) {
		assert_true(clock_mono_ns() - began < SOON);
		usleep(5000);
	}
}

/* A line of an incident has more bytes than that. */
#define LINE_MIN 600

static void wait_for_lines(FILE *out, unsigned int n)
{
	__u64 began = clock_mono_ns();
	struct stat st = { 0 };

	while (fstat(fileno(out), &st) || st.st_size < (off_t)n * LINE_MIN) {
		assert_true(clock_mono_ns() - began < SOON);
		usleep(5000);
	}
}

/* Run one until it is told to end. What it says on standard error is kept. Returns that. */
static char *run_with(struct session_opts *opts, unsigned int incidents, int status, char **ret_out)
{
	char *said = in_dir("said"), *text;
	struct run run;
	FILE *out;

	stub = (struct stub){ .incidents = incidents };
	remove(said);
	setenv("SAY", said, 1);
	out = start_with_file(&run, opts, NULL);
	unsetenv("SAY");
	wait_for_lines(out, incidents);
	kill(run.pid, SIGINT);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, status);
	if (ret_out)
		*ret_out = text_of(out);
	else
		fclose(out);
	text = text_of(fopen(said, "r"));
	free(said);
	return text;
}

TEST_FN(file_has_what_standard_output_has)
{
	char *path = in_dir("lines"), *out, *lines;
	struct session_opts opts = { .report.output = path };
	struct stat st;

	free(run_with(&opts, 50, 0, &out));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	lines = text_of(fopen(path, "r"));
	assert_string_equal(lines, out);
	assert_int_equal(count(lines, "\n"), 51);
	free(out);
	free(lines);
	free(path);
}

TEST_FN(hangup_opens_it_again)
{
	char *path = in_dir("log"), *old = in_dir("log.1"), *first, *second;
	struct session_opts opts = { .report.output = path };
	struct run run = { .out = -1 };

	stub = (struct stub){ .incidents = 3 };
	start(&run, &opts, open("/dev/null", O_WRONLY), NULL);
	wait_for(path, 100);
	assert_int_equal(rename(path, old), 0);
	kill(run.pid, SIGHUP);
	wait_for(path, 0);
	kill(run.pid, SIGINT);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
	first = text_of(fopen(old, "r"));
	second = text_of(fopen(path, "r"));
	assert_int_equal(count(first, "{\"type\":\"incident\""), 3);
	assert_int_equal(count(second, "{\"type\":\"incident\""), 0);
	assert_int_equal(count(second, "{\"type\":\"summary\""), 1);
	free(first);
	free(second);
	free(path);
	free(old);
}

TEST_FN(no_file_no_session)
{
	struct session_opts opts = { .report.output = "/nonexistent/lines" };
	struct session_result result;

	opts.ready_fd = -1;
	assert_true(session_run(&opts, &result) < 0);
}

/* Every incident is there, and the line that says what is lost. */
TEST_FN(full_disk_is_said)
{
	struct session_opts opts = { .report.output = "/dev/full" };
	char *out, *said = run_with(&opts, 20, 1, &out);

	assert_int_equal(count(out, "{\"type\":\"incident\""), 20);
	assert_non_null(strstr(said, "cannot write to /dev/full: No space left on device: "));
	free(out);
	free(said);
}

/* The session was killed: there are whole lines, and its process ends with it. */
TEST_FN(killed_session_leaves_whole_lines)
{
	char *path = in_dir("killed"), *said = in_dir("fifo"), *lines, drop[4096];
	struct session_opts opts = { .report.output = path };
	struct run run = { .out = -1 };
	int fd;

	stub = (struct stub){ .incidents = 200 };
	assert_int_equal(mkfifo(said, 0600), 0);
	fd = open(said, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	setenv("SAY", said, 1);
	start(&run, &opts, open("/dev/null", O_WRONLY), NULL);
	unsetenv("SAY");
	wait_for(path, 1);
	kill(run.pid, SIGKILL);
	end(&run);
	/* It ends where all that have standard error open have ended. */
	fcntl(fd, F_SETFL, 0);
	while (read(fd, drop, sizeof(drop)) > 0)
		;
	close(fd);
	lines = text_of(fopen(path, "r"));
	assert_int_equal(count(lines, "{\"type\":\"incident\""), count(lines, "]}\n"));
	assert_string_equal(lines + strlen(lines) - 3, "]}\n");
	free(lines);
	free(path);
	free(said);
}

/* It is there once all is attached; at the end it has what the summary has. */
TEST_FN(metrics_are_there_from_the_start_to_the_end)
{
	char *path = in_dir("pf.prom"), *beside = in_dir("pf.prom.new"), *out, *text;
	struct session_opts opts = { .report.metrics = path };
	struct stat st;
	struct run run;
	FILE *lines;

	stub = (struct stub){ .incidents = 50 };
	lines = start_with_file(&run, &opts, NULL);
	wait_for(path, 1000);
	text = text_of(fopen(path, "r"));
	assert_non_null(strstr(text, "pageflight_session_info{"));
	free(text);
	wait_for_lines(lines, 50);
	kill(run.pid, SIGINT);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
	out = text_of(lines);
	assert_int_equal(count(out, "{\"type\":\"incident\""), 50);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(stat(beside, &st), -1);
	text = text_of(fopen(path, "r"));
	assert_non_null(strstr(text, "pageflight_incidents_total{verdict=\"corrupt\",how=\"write\"} 50\n"));
	assert_non_null(strstr(text, "pageflight_incident_bytes_total{verdict=\"corrupt\",how=\"write\"} 204800\n"));
	assert_string_equal(text + strlen(text) - 1, "\n");
	free(text);
	free(out);
	free(path);
	free(beside);
}

TEST_FN(no_metrics_no_session)
{
	struct session_opts opts = { .report.metrics = "/nonexistent/pf.prom" };
	struct session_result result;

	opts.ready_fd = -1;
	assert_true(session_run(&opts, &result) < 0);
}

static void send_text(int fd, const char *text, size_t len)
{
	const struct frame_head head = { .kind = FRAME_TEXT, .size = len };

	assert_int_equal(write(fd, &head, sizeof(head)), sizeof(head));
	assert_int_equal(write(fd, text, len), len);
}

/* Whoever reads it while it is renewed reads one text or another, and never a part. */
TEST_FN(metrics_are_whole)
{
	char *path = in_dir("whole.prom"), *beside = in_dir("whole.prom.new"), *victim = in_dir("victim");
	static char small[1000], large[60000];
	const struct frame_head last = { .kind = FRAME_END };
	struct helper helper;
	size_t n[2] = { 0 };
	struct stat st;

	memset(small, 's', sizeof(small) - 1);
	memset(large, 'l', sizeof(large) - 1);
	fclose(fopen(victim, "w"));
	assert_int_equal(symlink(victim, beside), 0);
	assert_int_equal(helper_start(&helper, "metrics", helper_metrics, path), 0);
	send_text(helper.fd, small, sizeof(small) - 1);
	wait_for(path, sizeof(small) - 1);
	for (int i = 0; i < 500; i++) {
		char *text;

		send_text(helper.fd, i & 1 ? small : large, (i & 1 ? sizeof(small) : sizeof(large)) - 1);
		text = text_of(fopen(path, "r"));
		assert_string_equal(text, *text == 's' ? small : large);
		n[*text == 's']++;
		free(text);
	}
	assert_true(n[0] && n[1]);
	assert_int_equal(write(helper.fd, &last, sizeof(last)), sizeof(last));
	assert_int_equal(helper_end(&helper, SOON, -1), 0);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 0);
	free(path);
	free(beside);
	free(victim);
}

TEST_FN(command_gets_each_incident)
{
	char *got = in_dir("got"), *command, *text;
	struct session_opts opts = { 0 };

	assert_true(asprintf(&command, "echo begin >> %s; cat >> %s; echo end >> %s", got, got, got) > 0);
	opts.report.exec = command;
	text = run_with(&opts, 3, 0, NULL);
	assert_null(strstr(text, "--exec"));
	free(text);
	text = text_of(fopen(got, "r"));
	/* One at a time: what one has begun it ends before the next. */
	assert_int_equal(count(text, "begin\n{\"type\":\"incident\""), 3);
	assert_int_equal(count(text, "}\nend\n"), 3);
	assert_int_equal(count(text, "\"summary\""), 0);
	free(text);
	free(command);
	free(got);
}

TEST_FN(command_that_fails_is_counted)
{
	struct session_opts opts = { .report.exec = "exit 7" };
	char *said = run_with(&opts, 2, 0, NULL);

	assert_non_null(strstr(said, "--exec: the command ended with 7: 1 of 1 runs have failed\n"));
	assert_non_null(strstr(said, "--exec: the command ended with 7: 2 of 2 runs have failed\n"));
	free(said);
}

/* At most 100 wait; the rest is skipped, which is said. */
TEST_FN(command_is_not_run_for_a_storm)
{
	struct session_opts opts = { .report.exec = "exit 0" };
	unsigned long long skipped = 0;
	char *out, *said = run_with(&opts, 1000, 0, &out);
	size_t n = count(out, "{\"type\":\"incident\"");

	for (char *at = said; (at = strstr(at, "--exec: ")); at++)
		if (strstr(at, " incidents were skipped"))
			skipped += strtoull(at + 8, NULL, 10);
	assert_true(n > 200);
	assert_in_range(skipped, n - 101, n - 100);
	free(out);
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_has_what_standard_output_has),
		cmocka_unit_test(hangup_opens_it_again),
		cmocka_unit_test(no_file_no_session),
		cmocka_unit_test(full_disk_is_said),
		cmocka_unit_test(killed_session_leaves_whole_lines),
		cmocka_unit_test(metrics_are_there_from_the_start_to_the_end),
		cmocka_unit_test(no_metrics_no_session),
		cmocka_unit_test(metrics_are_whole),
		cmocka_unit_test(command_gets_each_incident),
		cmocka_unit_test(command_that_fails_is_counted),
		cmocka_unit_test(command_is_not_run_for_a_storm),
	};
	int failed;

	/* The tests may run under nohup. A session leaves that alone, and would not be told to reopen. */
	signal(SIGHUP, SIG_DFL);
	cmocka_set_test_filter(getenv("ONLY"));
	strcpy(dir, "/tmp/pf-outputs-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests_name("outputs", tests, NULL, NULL);
	if (!failed) {
		char command[128];

		snprintf(command, sizeof(command), "rm -r %s", dir);
		return system(command) != 0;
	}
	return failed;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_service.c - a session that is left on: what it tells the manager of services, the journal
 * and whoever asks by HTTP.
 */
#include "lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/helper.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/notify.h"
#include "run/helpers.h"
#include "running.h"
#include "stub_loader.h"

TEST_FN(test_listen_parse)
{
	static const char *const wrong[] = {
		"", ":", ":9713", "9713", "localhost:9713", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:97x", "127.0.0:9713", "::1:9713", "[::1]", "[::1]:", "[::1:9713",
		"[]:9713", "[127.0.0.1]:9713",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1",
	};
	struct sockaddr_storage addr;
	const struct sockaddr_in *v4 = (struct sockaddr_in *)&addr;
	const struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&addr;
	socklen_t len;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (listen_parse(wrong[i], &addr, &len) != -EINVAL)
			fail_msg("'%s' is taken", wrong[i]);
	assert_int_equal(listen_parse("127.0.0.1:9713", &addr, &len), 0);
	assert_int_equal(v4->sin_family, AF_INET);
	assert_int_equal(ntohs(v4->sin_port), 9713);
	assert_int_equal(ntohl(v4->sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(len, sizeof(*v4));
	assert_int_equal(listen_parse("[::1]:65535", &addr, &len), 0);
	assert_int_equal(v6->sin6_family, AF_INET6);
	assert_int_equal(ntohs(v6->sin6_port), 65535);
	assert_int_equal(len, sizeof(*v6));
}

/* A port that is free now, as --listen wants it. */
static void free_port(char ret_text[32])
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	close(fd);
	snprintf(ret_text, 32, "127.0.0.1:%u", ntohs(addr.sin_port));
}

/* Ask, and return all of the answer, up to the end of the connection. */
static char *ask(const char *where, const char *method, const char *path)
{
	struct sockaddr_storage addr;
	char request[256], *text = calloc(1, 1 << 18);
	size_t at = 0;
	socklen_t len;
	ssize_t n;
	int fd, size;

	assert_int_equal(listen_parse(where, &addr, &len), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, len), 0);
	size = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			method, path);
	assert_int_equal(write(fd, request, size), size);
	while ((n = read(fd, text + at, (1 << 18) - 1 - at)) > 0)
		at += n;
	assert_int_equal(n, 0);
	close(fd);
	return text;
}

static void expect(const char *where, const char *method, const char *path, int status, const char *body)
{
	char head[32], *text = ask(where, method, path), *end = strstr(text, "\r\n\r\n");

	snprintf(head, sizeof(head), "HTTP/1.1 %d ", status);
	if (strncmp(text, head, strlen(head)) || !end)
		fail_msg("%s %s: not %d: %s", method, path, status, text);
	assert_string_equal(end + 4, body);
	free(text);
}

static void send_text(int fd, const char *text)
{
	const struct frame_head head = { .kind = FRAME_TEXT, .size = strlen(text) };

	assert_int_equal(write(fd, &head, sizeof(head)), sizeof(head));
	assert_int_equal(write(fd, text, head.size), head.size);
}

static void wait_for_answer(const char *where, const char *path, const char *part)
{
	__u64 began = clock_mono_ns();

	for (;;) {
		char *text = ask(where, "GET", path);
		bool there = strstr(text, part);

		free(text);
		if (there)
			return;
		assert_true(clock_mono_ns() - began < SOON);
		usleep(5000);
	}
}

TEST_FN(test_http)
{
	const struct frame_head last = { .kind = FRAME_END };
	struct helper helper;
	char where[32], *text;
	int fd;

	free_port(where);
	fd = helper_http_open(where);
	assert_true(fd >= 0);
	assert_int_equal(helper_start_with(&helper, "http", helper_http, NULL, fd), 0);
	close(fd);
	expect(where, "GET", "/metrics", 503, "the session is not ready yet\n");
	expect(where, "GET", "/healthz", 503, "the session is not ready yet\n");
	send_text(helper.fd, "pageflight_x 1\n");
	wait_for_answer(where, "/healthz", " 200 ");
	expect(where, "GET", "/healthz", 200, "ok\n");
	expect(where, "GET", "/metrics", 200, "pageflight_x 1\n");
	send_text(helper.fd, "pageflight_x 2\n");
	wait_for_answer(where, "/metrics", "pageflight_x 2\n");
	text = ask(where, "GET", "/metrics");
	assert_non_null(strstr(text, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	free(text);
	expect(where, "HEAD", "/metrics", 200, "");
	expect(where, "GET", "/", 200, "pageflight: /metrics /healthz\n");
	expect(where, "GET", "/metrics/", 404, "there are /metrics and /healthz\n");
	expect(where, "POST", "/metrics", 405, "only GET and HEAD\n");
	assert_int_equal(write(helper.fd, &last, sizeof(last)), sizeof(last));
	assert_int_equal(helper_end(&helper, SOON, -1), 0);
}

/* Those who say nothing, and those who say nonsense, keep nobody else from an answer. */
TEST_FN(test_http_is_not_held_up)
{
	struct sockaddr_storage addr;
	struct helper helper;
	char where[32], drop[256];
	int fds[12], fd;
	socklen_t len;

	free_port(where);
	fd = helper_http_open(where);
	assert_int_equal(helper_start_with(&helper, "http", helper_http, NULL, fd), 0);
	close(fd);
	assert_int_equal(listen_parse(where, &addr, &len), 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&addr, len), 0);
		if (i & 1)
			assert_int_equal(write(fds[i], "\0\xff\r\n\r\n", 6), 6);
	}
	send_text(helper.fd, "pageflight_x 1\n");
	wait_for_answer(where, "/metrics", "pageflight_x 1\n");
	for (size_t i = 1; i < ARRAY_LEN(fds); i += 2)
		while (read(fds[i], drop, sizeof(drop)) > 0)
			;
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	close(helper.fd);	/* as if the session had been killed */
	assert_int_equal(waitpid(helper.pid, NULL, 0), helper.pid);
}

static int manager(char ret_path[64])
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = SOON / SEC };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ret_path, 64, "/tmp/pf-notify-%d", getpid());
	unlink(ret_path);
	strcpy(addr.sun_path, ret_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

static void expect_told(int fd, const char *what)
{
	char text[256] = "";

	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, what);
}

/* Nobody asked; the watchdog is for another process; half of its time; nowhere to tell. */
TEST_FN(test_notify_environment)
{
	char path[64], pid[16];
	struct notify n;
	int fd = manager(path);

	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(&n), 0);
	assert_int_equal(n.fd, -1);
	notify_say(&n, "READY=1\n");

	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_open(&n), 0);
	assert_int_equal(n.every_ns, 0);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	notify_say(&n, "READY=1\n");
	expect_told(fd, "READY=1\n");
	notify_close(&n);

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_open(&n), 0);
	assert_int_equal(n.every_ns, 1500000000);
	notify_close(&n);

	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	assert_int_equal(notify_open(&n), -ENOENT);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify_open(&n), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
	unlink(path);
	close(fd);
}

/* A manager that does not read makes nobody wait. */
TEST_FN(test_notify_does_not_wait)
{
	char path[64];
	struct notify n;
	int fd = manager(path);

	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(notify_open(&n), 0);
	for (int i = 0; i < 10000; i++)
		notify_say(&n, "WATCHDOG=1\n");
	notify_close(&n);
	unlink(path);
	close(fd);
}

/*
 * Of the stub nothing is seen, so the self-test fails: that is said and told, and the session is
 * there all the same. The manager hears of all steps.
 */
TEST_FN(test_service)
{
	struct session_opts opts = { .service = true };
	char path[64], where[32], said[64], drop[256], *text;
	int fd = manager(path);
	struct run run;
	FILE *out, *in;
	size_t room = 0;

	free_port(where);
	opts.report.listen = where;
	stub = (struct stub){ .incidents = 5 };
	stub.unready = true;	/* its incidents are not the self-test's */
	snprintf(said, sizeof(said), "/tmp/pf-said-%d", getpid());
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("SAY", said, 1);
	out = start_with_file(&run, &opts, NULL);
	unsetenv("SAY");
	unsetenv("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	expect_told(fd, "READY=1\nSTATUS=watching\n");
	for (int i = 0; i < 4; i++)
		expect_told(fd, "WATCHDOG=1\n");
	wait_for_answer(where, "/metrics", "pageflight_selftest_passed 0\n");
	wait_for_answer(where, "/metrics", "pageflight_selftest_seen_ratio{role=\"write\"} 0.000000\n");
	wait_for_answer(where, "/healthz", "ok\n");
	kill(run.pid, SIGTERM);
	assert_true(end(&run) < SOON);
	assert_int_equal(run.status, 0);
	do {
		memset(drop, 0, sizeof(drop));
		assert_true(recv(fd, drop, sizeof(drop) - 1, 0) > 0);
	} while (!strcmp(drop, "WATCHDOG=1\n"));
	assert_string_equal(drop, "STOPPING=1\n");
	fclose(out);
	in = fopen(said, "r");
	assert_non_null(in);
	text = NULL;
	assert_true(getdelim(&text, &room, '\0', in) > 0);
	assert_non_null(strstr(text, "self-test: write: 0 of "));
	fclose(in);
	free(text);
	unlink(said);
	unlink(path);
	close(fd);
}

static char logged[256];

static void on_log(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	snprintf(logged, sizeof(logged), "%.*s", (int)len, line);
}

/* The journal takes the priority off; nobody else is shown it. */
TEST_FN(test_journal)
{
	char own[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	unsetenv("JOURNAL_STREAM");
	assert_false(log_is_journal());
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_false(log_is_journal());
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", own, 1);
	assert_true(log_is_journal());
	unsetenv("JOURNAL_STREAM");

	log_set_writer(on_log, NULL);
	log_set_command(NULL);
	log_error("x\n<1>y");
	assert_string_equal(logged, "pageflight: x?<1>y\n");
	log_set_priorities(true);
	log_error("x");
	assert_string_equal(logged, "<3>pageflight: x\n");
	log_info("x");
	assert_string_equal(logged, "<6>pageflight: x\n");
	log_set_priorities(false);
	log_set_writer(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_parse),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_http_is_not_held_up),
		cmocka_unit_test(test_notify_environment),
		cmocka_unit_test(test_notify_does_not_wait),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_journal),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}

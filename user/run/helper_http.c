// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * helper_http.c - the numbers over HTTP, by libmicrohttpd. What reads the network has no privileges
 * and nothing of the session but its last text. A session that stands still sends none: then there
 * is no answer to be had, rather than an old one.
 */
#include "helpers.h"

#include "base/listen.h"

#ifdef PF_NO_HTTP

#include <errno.h>

int helper_http_open(const char *listen)
{
	(void)listen;
	return -EOPNOTSUPP;
}

int helper_http(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	return 1;
}

#else

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <microhttpd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/frame.h"
#include "base/log.h"
#include "confine.h"

#define FRESH_NS (10 * NSEC_PER_SEC)	/* texts come each second */
#define CONNECTIONS 16u
#define TIMEOUT_S 10u

#define PLAIN "text/plain; charset=utf-8"
#define NUMBERS "text/plain; version=0.0.4; charset=utf-8"

struct state {
	struct MHD_Daemon *daemon;
	char *text;		/* NULL: none has come */
	size_t len;
	__u64 came;
};

int helper_http_open(const char *listen)
{
	return listen_open(listen);
}

static enum MHD_Result answer(struct MHD_Connection *to, unsigned int status, const char *type,
			      const char *text, size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(to, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result say(struct MHD_Connection *to, unsigned int status, const char *text)
{
	return answer(to, status, PLAIN, text, strlen(text));
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *to, const char *url, const char *method,
				  const char *version, const char *body, size_t *body_len, void **seen)
{
	const struct state *s = ctx;
	bool fresh = s->text && clock_mono_ns() - s->came < FRESH_NS;

	(void)version;
	(void)body;
	/* The head comes first, and then what is behind it, for which nobody asked. */
	if (!*seen) {
		*seen = to;
		return MHD_YES;
	}
	*body_len = 0;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return say(to, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (!strcmp(url, "/"))
		return say(to, MHD_HTTP_OK, "pageflight: /metrics /healthz\n");
	if (strcmp(url, "/metrics") && strcmp(url, "/healthz"))
		return say(to, MHD_HTTP_NOT_FOUND, "there are /metrics and /healthz\n");
	if (!fresh)
		return say(to, MHD_HTTP_SERVICE_UNAVAILABLE,
			   s->text ? "the session stands still\n" : "the session is not ready yet\n");
	if (!strcmp(url, "/healthz"))
		return say(to, MHD_HTTP_OK, "ok\n");
	return answer(to, MHD_HTTP_OK, NUMBERS, s->text, s->len);
}

/* The library is talkative about clients that go away. */
static void on_log(void *ctx, const char *fmt, va_list args)
{
	char text[512];

	(void)ctx;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("%s", text);
}

static struct MHD_Daemon *start(struct state *s, int listener)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s,
				MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
				MHD_OPTION_LISTEN_SOCKET, listener,
				MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 * 1024,
				MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_END);
}

static void take(struct state *s, const struct frame *frame)
{
	char *text = malloc(frame->size);

	if (!text)
		return;
	memcpy(text, frame->data, frame->size);
	free(s->text);
	s->text = text;
	s->len = frame->size;
	s->came = clock_mono_ns();
}

static int wait(const struct state *s, int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN },
	};
	MHD_UNSIGNED_LONG_LONG ms;
	int most = MHD_get_timeout(s->daemon, &ms) == MHD_YES && ms < 1000 ? (int)ms : 1000;

	if (poll(fds, 2, most) < 0 && errno != EINTR)
		return -errno;
	MHD_run(s->daemon);
	return 0;
}

int helper_http(void *ctx, int fd)
{
	struct state s = { 0 };
	struct frames *frames;
	struct frame frame;
	struct err text;
	int err = frames_new(&frames, fd);

	(void)ctx;
	s.daemon = start(&s, fd + 1);
	if (!s.daemon) {
		log_error("the HTTP server does not start");
		return 1;
	}
	tzset();	/* reads a file; later the date of an answer would */
	if (confine_http(&text))
		log_info("privileges that an HTTP server does not need cannot be given up: %s", text.text);
	while (!err || err == 1) {
		err = frames_next(frames, &frame);
		if (err == 1)
			take(&s, &frame);
		else if (!err)
			err = wait(&s, fd);
	}
	MHD_stop_daemon(s.daemon);
	frames_free(frames);
	free(s.text);
	return err != -EPIPE;
}

#endif

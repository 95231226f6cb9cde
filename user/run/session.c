// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * session.c - the loop between the kernel side and the engine. A session ends in
 * two steps. At first no new writes count, but incidents that wait may still
 * settle. Then every incident that is left is reported as far as it is known.
 */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/signals.h"
#include "output/notices.h"
#include "output/queue.h"
#include "record/tap.h"
#include "confine.h"
#include "feed.h"
#include "pageflight.h"
#include "ready.h"
#include "state.h"

#define NOTICES_BYTES (64 * 1024)
#define PATIENCE_NS (NSEC_PER_SEC / 4)

/* Say in the place of messages that did not fit how many they were, if that fits. */
static void tell_lost_notices(struct session *s, bool last)
{
	__u64 lost = queue_lost(s->notices);
	char text[128];
	int len;

	if (lost == s->notices_lost)
		return;
	len = snprintf(text, sizeof(text),
		       "pageflight: %llu messages are missing here: nobody read them in time\n",
		       lost - s->notices_lost);
	if (last)
		queue_put_anyway(s->notices, text, len);
	else if (queue_waiting(s->notices) + len > NOTICES_BYTES || !queue_put(s->notices, text, len))
		return;
	s->notices_lost = lost;
}

static void on_log(void *ctx, const char *line, size_t len)
{
	struct session *s = ctx;

	if (session_view_message(s, line, len))
		return;
	tell_lost_notices(s, false);
	queue_put(s->notices, line, len);
	queue_write(s->notices);
}

static int set_up(struct session *s)
{
	const struct pf_engine_config cfg = {
		.settle_ns = s->opts->settle_ns,
		.on_incident = session_on_incident,
		.on_sender = session_on_sender,
		.ctx = s,
	};
	struct err text;
	int err;

	if (s->opts->service && (err = notify_open(&s->notify))) {
		log_error("$NOTIFY_SOCKET: %s", strerror(-err));
		return err;
	}
	s->signal_fd = signals_open();
	err = s->signal_fd < 0 ? s->signal_fd : 0;
	err = err ?: pf_engine_new(&s->engine, &cfg);
	err = err ?: queue_new(&s->notices, STDERR_FILENO, NOTICES_BYTES);
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return err;
	}
	err = report_new(&s->report, &s->opts->report, s->opts->loader.filter) ?: feed_open(s);
	if (err)
		return err;
	session_vitals_open(s);
	log_set_writer(on_log, s);
	err = loader_open(&s->loader, &s->opts->loader, &text);
	if (err) {
		log_error("%s", text.text);
		return err;
	}
	/* Without it the end cannot be hurried. */
	detach_start(&s->detach, s->loader);
	err = session_view_open(s);
	if (err)
		return err;
	if (s->opts->service)
		session_test(s);
	return 0;
}

/* Give up what is no longer needed. Where the kernel does not let that be done, it is said. */
static void give_up_privileges(const struct session *s)
{
	struct err text;

	if (confine(s->opts->child ? s->opts->child->pid : 0, &text))
		log_info("privileges that are no longer needed cannot be given up: %s", text.text);
}

/* Everything is attached: tell the user, the reader of --ready-fd, and the child. */
static int announce(struct session *s)
{
	const struct hook *hooks;
	size_t n = 0;
	int err;

	hooks = loader_hooks(s->loader, &n);
	notices_hooks(hooks, n);
	notices_content(s->opts->loader.content, loader_content(s->loader));
	notices_filter(s->opts->loader.filter);
	err = report_open(s->report);
	if (err)
		return err;
	err = session_totals(s);
	if (err)
		return err;
	feed_caught_up(s);
	s->noticed = s->seen;
	s->began = s->now = clock_mono_ns();
	feed_about(s);
	feed_mark(s);
	s->next_tick = s->began + TICK_NS;
	s->next_notice = s->began + NOTICE_NS;
	s->deadline = s->opts->duration_ns ? s->began + s->opts->duration_ns : 0;
	err = session_publish(s);
	if (err)
		return err;
	err = s->opts->ready_fd < 0 ? 0 : ready_tell(s->opts->ready_fd);
	if (err) {
		log_error("cannot write to --ready-fd: %s", strerror(-err));
		return err;
	}
	if (s->opts->child)
		child_go(s->opts->child);
	notify_say(&s->notify, "READY=1\nSTATUS=watching\n");
	return 0;
}

static void tear_down(struct session *s)
{
	struct child *child = s->opts->child;
	int err;

	log_set_writer(NULL, NULL);
	if (s->notices) {
		tell_lost_notices(s, true);
		queue_flush(s->notices, PATIENCE_NS, PATIENCE_NS, -1);
	}
	queue_free(s->notices);
	if (child) {
		child_cancel(child);
		if (!s->result.child_ended)
			kill(child->pid, SIGTERM);
	}
	session_view_close(s);
	/* What the other process has closed is not closed here. Its memory goes with ours. */
	err = detach_end(&s->detach, s->signal_fd);
	if (err == -ESRCH)
		loader_close(s->loader);
	s->interrupted |= err == -EINTR;
	if (s->interrupted)
		signals_unblock(s->signal_fd);
	meter_stop(&s->meter);
	notify_close(&s->notify);
	report_free(s->report);
	pf_engine_free(s->engine);
	tap_free(s->tap);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	free(s);
}

int session_run(const struct session_opts *opts, struct session_result *ret_result)
{
	struct session *s = calloc(1, sizeof(*s));
	int err;

	if (!s) {
		log_error("cannot start: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	s->opts = opts;
	s->signal_fd = -1;
	s->notify.fd = -1;
	err = set_up(s);
	if (!err && opts->confined)
		give_up_privileges(s);
	err = err ?: announce(s);
	if (!err) {
		session_loop(s);
		notify_say(&s->notify, "STOPPING=1\n");
		err = session_finish(s);
	}
	if (!err) {
		s->result.found = report_found(s->report);
		*ret_result = s->result;
	}
	tear_down(s);
	return err;
}

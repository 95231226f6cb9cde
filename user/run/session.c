// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * session.c - the loop between the kernel side and the engine. A session ends in
 * two steps. At first no new writes count, but incidents that wait may still
 * settle. Then every incident that is left is reported as far as it is known.
 */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/signals.h"
#include "kernel/batch.h"
#include "output/notices.h"
#include "pageflight.h"
#include "ready.h"

#define STATUS_UNKNOWN W_EXITCODE(1, 0)
#define TICK_NS (NSEC_PER_SEC / 4)
#define NOTICE_NS NSEC_PER_SEC

enum state { RUNNING, SETTLING, DONE };

struct session {
	const struct session_opts *opts;
	struct session_result result;
	struct loader *loader;
	struct pf_engine *engine;
	struct report *report;
	int signal_fd;
	bool interrupted;		/* a signal has ended the session */
	enum state state;
	int err;			/* first failure in a callback */
	__u64 began, ended;
	__u64 next_tick, next_notice;
	__u64 deadline;			/* when the state ends; 0: never */
	struct pf_totals seen;		/* when the counters were last read */
	struct pf_totals noticed;	/* when losses were last reported on stderr */
	struct summary sum;
	struct batch batch;
};

/* The first failure ends the session. */
static void session_abort(struct session *s, int err)
{
	if (!s->err)
		s->err = err;
	s->state = DONE;
}

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	struct session *s = ctx;
	int err = s->err ? 0 : report_incident(s->report, inc);

	if (err)
		session_abort(s, err);
	else if (report_full(s->report))
		s->state = DONE;
}

static void on_sender(void *ctx, const struct pf_ev_sender *ev)
{
	struct session *s = ctx;

	report_sender(s->report, ev);
}

static int read_totals(struct session *s)
{
	struct pf_totals now;
	int err = loader_totals(s->loader, &now);

	if (err) {
		log_error("cannot read the counters of the kernel side: %s", strerror(-err));
		return err;
	}
	pf_engine_totals(s->engine, &now);
	s->seen = now;
	return 0;
}

static int sweep(const struct session *s, bool last)
{
	int err = loader_sweep(s->loader, last);

	if (err)
		log_error("cannot look for pages of reset connections: %s", strerror(-err));
	return err;
}

/* -ENOMEM is the only error of the engine. An error of the output was logged by the report. */
static int engine_failed(int err)
{
	if (err == -ENOMEM)
		log_error("out of memory");
	return err;
}

static int take_record(struct session *s, const void *data, size_t size)
{
	int err = pf_engine_feed(s->engine, data, size);

	if (err != -EBADMSG)
		return engine_failed(err);
	log_debug("%s (%zu bytes)", pf_engine_refusal(s->engine), size);
	return 0;
}

static void take_batch(struct session *s)
{
	const void *data;
	size_t at = 0, size;
	int err;

	if (!s->batch.used)
		return;
	err = read_totals(s);
	while (!err && (data = batch_next(&s->batch, &at, &size)))
		err = take_record(s, data, size);
	pf_engine_caught_up(s->engine);
	s->batch.used = 0;
	if (err)
		session_abort(s, err);
}

static void on_record(void *ctx, const void *data, size_t size)
{
	struct session *s = ctx;

	if (batch_add(&s->batch, data, size))
		return;
	take_batch(s);
	if (!batch_add(&s->batch, data, size))
		s->sum.refused++;
}

static void drain(struct session *s)
{
	int n = loader_consume(s->loader, on_record, s);

	if (n < 0) {
		log_error("cannot read records: %s", strerror(-n));
		session_abort(s, n);
	}
	take_batch(s);
}

/* No new writes count from now on. Incidents that wait may settle until the deadline. */
static void stop(struct session *s, __u64 now, __u64 grace)
{
	if (s->state != RUNNING) {
		s->state = DONE;
		return;
	}
	s->state = SETTLING;
	s->ended = now;
	pf_engine_end(s->engine, now);
	s->deadline = now + grace;
}

static __u64 settle_ns(const struct session *s)
{
	return s->opts->settle_ns ? s->opts->settle_ns : PF_ENGINE_SETTLE_NS;
}

static void reap(struct session *s, __u64 now)
{
	struct child *child = s->opts->child;
	int status;
	pid_t pid;

	if (!child || s->result.child_ended)
		return;
	pid = waitpid(child->pid, &status, WNOHANG);
	if (pid < 0) {
		log_error("cannot wait for the command: %s", strerror(errno));
		status = STATUS_UNKNOWN;
	} else if (pid != child->pid) {
		return;
	}
	s->result.child_ended = true;
	s->result.child_status = child_exit_status(status);
	if (s->state == RUNNING)
		stop(s, now, settle_ns(s) + TICK_NS);
}

static void on_signal(struct session *s, __u64 now)
{
	int signo;

	while ((signo = signals_next(s->signal_fd))) {
		if (signo == SIGCHLD) {
			reap(s, now);
			continue;
		}
		s->interrupted = true;
		stop(s, now, 0);
	}
}

static void tick(struct session *s, __u64 now)
{
	int err = sweep(s, false);

	/* This asks every program, so it is done only while a verdict may depend on it. */
	if (!err && pf_engine_waiting(s->engine))
		err = read_totals(s);
	err = err ?: engine_failed(pf_engine_tick(s->engine, now));
	pf_engine_caught_up(s->engine);
	if (err)
		session_abort(s, err);
}

static void notice_losses(struct session *s)
{
	int err = read_totals(s);

	if (err)
		session_abort(s, err);
	notices_losses(&s->noticed, &s->seen);
	s->noticed = s->seen;
}

static void on_time(struct session *s, __u64 now)
{
	if (now >= s->next_tick) {
		s->next_tick = now + TICK_NS;
		tick(s, now);
	}
	if (now >= s->next_notice) {
		s->next_notice = now + NOTICE_NS;
		notice_losses(s);
	}
	if (s->state == RUNNING && s->deadline && now >= s->deadline)
		stop(s, now, settle_ns(s) + TICK_NS);
	if (s->state == SETTLING && (!pf_engine_waiting(s->engine) || now >= s->deadline))
		s->state = DONE;
}

static int wait_ms(const struct session *s, __u64 now)
{
	__u64 until = s->next_tick;

	if (s->deadline && s->deadline < until)
		until = s->deadline;
	/* Rounded up, so that poll() does not return just before that time. */
	return until > now ? (until - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC : 0;
}

static void loop(struct session *s)
{
	struct pollfd fds[] = {
		{ .fd = loader_fd(s->loader), .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
		/* POLLERR says that nobody reads any more, even while there is nothing to print. */
		{ .fd = STDOUT_FILENO },
	};
	__u64 now = s->began;

	while (s->state != DONE) {
		if (poll(fds, 3, wait_ms(s, now)) < 0 && errno != EINTR) {
			int err = -errno;

			log_error("cannot wait for records: %s", strerror(-err));
			session_abort(s, err);
			break;
		}
		now = clock_mono_ns();
		drain(s);
		if (fds[1].revents)
			on_signal(s, now);
		if (fds[2].revents & POLLERR)
			session_abort(s, report_closed(s->report));
		if (s->state != DONE)
			on_time(s, now);
	}
}

static int set_up(struct session *s)
{
	const struct pf_engine_config cfg = {
		.settle_ns = s->opts->settle_ns,
		.on_incident = on_incident,
		.on_sender = on_sender,
		.ctx = s,
	};
	struct err text;
	int err;

	s->signal_fd = signals_open();
	err = s->signal_fd < 0 ? s->signal_fd : 0;
	err = err ?: pf_engine_new(&s->engine, &cfg);
	err = err ?: report_new(&s->report, &s->opts->report, s->opts->loader.filter);
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return err;
	}
	err = loader_open(&s->loader, &s->opts->loader, &text);
	if (err)
		log_error("%s", text.text);
	return err;
}

/* Everything is attached: tell the user, the reader of --ready-fd, and the child. */
static int announce(struct session *s)
{
	const struct hook *hooks;
	size_t n = 0;
	int err;

	hooks = loader_hooks(s->loader, &n);
	notices_hooks(hooks, n);
	notices_filter(s->opts->loader.filter);
	err = report_open(s->report);
	if (err)
		return err;
	err = read_totals(s);
	if (err)
		return err;
	pf_engine_caught_up(s->engine);
	s->noticed = s->seen;
	s->began = clock_mono_ns();
	s->next_tick = s->began + TICK_NS;
	s->next_notice = s->began + NOTICE_NS;
	s->deadline = s->opts->duration_ns ? s->began + s->opts->duration_ns : 0;
	err = s->opts->ready_fd < 0 ? 0 : ready_tell(s->opts->ready_fd);
	if (err) {
		log_error("cannot write to --ready-fd: %s", strerror(-err));
		return err;
	}
	if (s->opts->child)
		child_go(s->opts->child);
	return 0;
}

/* After a failure nothing is certain any more, and nothing more is reported. */
static int finish(struct session *s)
{
	__u64 now = clock_mono_ns();
	int err;

	if (s->err)
		return s->err;
	s->ended = s->ended ?: now;
	pf_engine_end(s->engine, s->ended);
	err = sweep(s, true);
	drain(s);
	err = err ?: s->err;
	err = err ?: engine_failed(pf_engine_flush(s->engine));
	err = err ?: read_totals(s);
	if (err || s->err)
		return err ?: s->err;
	s->sum.wall_ns = clock_wall_ns(s->ended);
	s->sum.duration_ns = s->ended - s->began;
	s->sum.content = loader_content(s->loader);
	s->sum.totals = s->seen;
	s->sum.refused += pf_engine_refused(s->engine);
	s->sum.evicted = pf_engine_evicted(s->engine);
	return report_summary(s->report, &s->sum);
}

static void tear_down(struct session *s)
{
	struct child *child = s->opts->child;

	if (child) {
		child_cancel(child);
		if (!s->result.child_ended)
			kill(child->pid, SIGTERM);
	}
	/* The programs are taken down slowly if they run in a cgroup that is throttled. */
	if (s->interrupted)
		signals_unblock(s->signal_fd);
	loader_close(s->loader);
	report_free(s->report);
	pf_engine_free(s->engine);
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
	err = set_up(s);
	err = err ?: announce(s);
	if (!err) {
		loop(s);
		err = finish(s);
	}
	if (!err) {
		s->result.found = report_found(s->report);
		*ret_result = s->result;
	}
	tear_down(s);
	return err;
}

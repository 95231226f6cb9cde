// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* loop.c - a session waits for records, signals, its child and the time. */
#include "state.h"
#include "feed.h"
#include "outlets.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "output/notices.h"
#include "output/queue.h"

#define STATUS_UNKNOWN W_EXITCODE(1, 0)

/* No new writes count from now on. Incidents that wait may settle until the deadline. */
static void stop(struct session *s, __u64 now, __u64 grace)
{
	if (s->state != RUNNING) {
		s->state = DONE;
		return;
	}
	s->state = SETTLING;
	s->ended = now;
	feed_end(s, now);
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
		if (signo == SIGHUP && outlets_reopen(report_outlets(s->report)))
			continue;
		s->interrupted = true;
		stop(s, now, 0);
	}
}

static void tick(struct session *s, __u64 now)
{
	int err = session_sweep(s, false);

	/* This asks every program, so it is done only while a verdict may depend on it. */
	if (!err && pf_engine_waiting(s->engine))
		err = session_totals(s);
	/* What has waited for long enough may be settled by a record that was not taken yet. */
	err = err ?: session_engine_failed(feed_tick(s, s->more ? s->fed_ts : now, now));
	session_caught_up(s);
	feed_mark(s);
	meter_look(&s->meter, s->loader, &s->vitals.cost);
	err = err ?: report_tick(s->report, now);
	err = err ?: session_view_tick(s, now);
	if (err)
		session_abort(s, err);
}

static void notice(struct session *s, __u64 now)
{
	int err = session_totals(s);

	notices_losses(&s->noticed, &s->seen);
	s->noticed = s->seen;
	loader_exposed(s->loader, report_exposed, s->report);
	err = err ?: report_exposures(s->report, &s->seen, now);
	err = err ?: session_publish(s);
	if (err)
		session_abort(s, err);
}

static void on_time(struct session *s, __u64 now)
{
	session_tell_alive(s, now);
	if (now >= s->next_tick) {
		s->next_tick = now + TICK_NS;
		tick(s, now);
	}
	if (now >= s->next_notice) {
		s->next_notice = now + NOTICE_NS;
		notice(s, now);
	}
	if (s->state == RUNNING && session_view_ends(s))
		stop(s, now, 0);
	if (s->state == RUNNING && s->deadline && now >= s->deadline)
		stop(s, now, settle_ns(s) + TICK_NS);
	if (s->state == SETTLING && ((!s->more && !pf_engine_waiting(s->engine)) || now >= s->deadline))
		s->state = DONE;
}

static int wait_ms(const struct session *s, __u64 now)
{
	__u64 until = s->next_tick;

	if (s->more)
		return 0;
	if (s->deadline && s->deadline < until)
		until = s->deadline;
	if (s->resting && now + REST_NS < until)
		until = now + REST_NS;
	/* Rounded up, so that poll() does not return just before that time. */
	return until > now ? (until - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC : 0;
}

static void on_output(struct session *s, const struct pollfd *report, struct pollfd *notices)
{
	int err = outlets_polled(report_outlets(s->report), report);

	if (err)
		session_abort(s, err);
	if (notices->revents & (POLLERR | POLLHUP | POLLNVAL))
		notices->fd = -1;
	else if (notices->revents)
		queue_write(s->notices);
}

void session_loop(struct session *s)
{
	struct pollfd fds[3 + OUTLETS] = {
		{ .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = queue_fd(s->notices) },
	};
	__u64 now = s->began;

	while (s->state != DONE) {
		fds[0].fd = s->resting ? -1 : loader_fd(s->loader);
		fds[2].events = queue_events(s->notices);
		outlets_poll(report_outlets(s->report), &fds[3]);
		if (poll(fds, 3 + OUTLETS, wait_ms(s, now)) < 0 && errno != EINTR) {
			int err = -errno;

			log_error("cannot wait for records: %s", strerror(-err));
			session_abort(s, err);
			break;
		}
		now = s->now = clock_mono_ns();
		session_take(s);
		s->resting = !s->more && (s->taken > 0 || fds[0].revents);
		if (fds[1].revents)
			on_signal(s, now);
		on_output(s, &fds[3], &fds[2]);
		if (s->state != DONE)
			on_time(s, now);
	}
}

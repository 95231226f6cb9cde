// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* feed.c - see feed.h. What was given stands before what it causes. */
#include "feed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/log.h"
#include "base/procfile.h"
#include "kernel/filter.h"
#include "outlets.h"
#include "record/schema.h"
#include "record/tap.h"

/* Asked before the session is confined. */
static void about_host(struct tap *t)
{
	struct utsname host;

	if (uname(&host))
		return;
	tap_about(t, "host", host.nodename);
	tap_about(t, "kernel", host.release);
	tap_about(t, "kernel_version", host.version);
	tap_about(t, "machine", host.machine);
}

/* Paths were found by these. */
static void about_mounts(struct tap *t)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return;
	if (!procfile_text(fd, &text)) {
		tap_about(t, "mounts", text);
		free(text);
	}
	close(fd);
}

int feed_open(struct session *s)
{
	struct outlets *all = report_outlets(s->report);
	__u64 settle = s->opts->settle_ns ? s->opts->settle_ns : PF_ENGINE_SETTLE_NS;

	int err;

	if (!all->record)
		return 0;
	err = tap_new(&s->tap, settle, outlets_record, all);
	if (err)
		log_error("cannot start: %s", strerror(-err));
	if (!err) {
		about_host(s->tap);
		about_mounts(s->tap);
	}
	return err;
}

int feed_record(struct session *s, const void *data, size_t size)
{
	tap_record(s->tap, data, size, s->now);
	return pf_engine_feed(s->engine, data, size);
}

bool feed_totals(struct session *s, const struct pf_totals *totals)
{
	bool weakens = pf_engine_totals(s->engine, totals);

	tap_totals(s->tap, totals, weakens, s->now);
	return weakens;
}

void feed_caught_up(struct session *s)
{
	tap_caught_up(s->tap);
	pf_engine_caught_up(s->engine);
}

int feed_tick(struct session *s, __u64 engine_now, __u64 now)
{
	tap_tick(s->tap, engine_now, pf_engine_waiting(s->engine), now);
	return pf_engine_tick(s->engine, engine_now);
}

void feed_end(struct session *s, __u64 ended)
{
	tap_end(s->tap, ended);
	pf_engine_end(s->engine, ended);
}

int feed_flush(struct session *s)
{
	tap_flush(s->tap);
	return pf_engine_flush(s->engine);
}

void feed_mark(struct session *s)
{
	tap_mark(s->tap);
}

void feed_about(struct session *s)
{
	const struct session_opts *opts = s->opts;
	const struct hook *hooks;
	size_t n = 0;

	if (!s->tap)
		return;
	hooks = loader_hooks(s->loader, &n);
	tap_about(s->tap, "layout", schema_layout());
	tap_about(s->tap, "content", pf_content_name(loader_content(s->loader)));
	tap_about_number(s->tap, "began", s->began);
	tap_clock(s->tap, s->began);
	tap_about_number(s->tap, "settle", opts->settle_ns ? opts->settle_ns : PF_ENGINE_SETTLE_NS);
	tap_about_number(s->tap, "sample", opts->loader.sample ? opts->loader.sample : 1);
	tap_about_number(s->tap, "audit", opts->loader.audit);
	tap_about(s->tap, "min_verdict", pf_verdict_name(opts->report.min_verdict));
	tap_filter(s->tap, opts->loader.filter);
	tap_hooks(s->tap, hooks, n);
}

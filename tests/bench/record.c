// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * record - what a recording costs the session and its writer: incidents at some rates,
 * each with its line of JSON, without and with a recording beside.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/say.h"
#include "pageflight.h"
#include "record/tap.h"
#include "run/outlets.h"
#include "run/report.h"

#define GOAL_US 5.0
#define ROUND 16u	/* incidents between two marks */
#define TICK_NS 250000000u

struct run {
	struct report *report;
	struct pf_engine *engine;
	struct tap *tap;
	uint64_t n;
};

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	struct run *r = ctx;

	must(!report_incident(r->report, inc), "report_incident");
}

static void give(struct run *r, struct pf_event *h, __u32 type, __u32 size)
{
	h->type = type;
	h->size = size;
	h->ts = now_ns(CLOCK_MONOTONIC);
	tap_record(r->tap, h, size, h->ts);
	must(!pf_engine_feed(r->engine, h, size), "pf_engine_feed");
}

static void give_incident(struct run *r)
{
	static struct pf_ev_hit hit = {
		.writer = { .pid = 7, .tid = 7, .how = PF_WRITE_WRITE, .comm = "writer" },
		.sender = { .pid = 9, .tid = 9, .how = PF_SEND_SENDFILE, .comm = "sender" },
		.count = 4096, .len = 4096, .seq = 1000, .dev = 8 << 20 | 1, .ino = 7,
		.before = { .una = 1000, .nxt = 1000 }, .after = { .una = 1000, .nxt = 1000 },
	};
	static struct pf_ev_op op = {
		.writer = { .pid = 7, .tid = 7, .how = PF_WRITE_WRITE, .comm = "writer" },
		.count = 4096, .hits = 1, .path = "/srv/www/image.iso",
	};

	hit.op = hit.conn = op.op = ++r->n;
	give(r, &hit.h, PF_EV_HIT, sizeof(hit));
	give(r, &op.h, PF_EV_OP, sizeof(op));
}

static void wait_until(uint64_t ns)
{
	const struct timespec at = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void run(struct run *r, uint64_t incidents, uint64_t rate)
{
	uint64_t began = now_ns(CLOCK_MONOTONIC), tick = began + TICK_NS;

	for (uint64_t i = 0; i < incidents; i++) {
		give_incident(r);
		if (i % ROUND != ROUND - 1)
			continue;
		tap_mark(r->tap);
		if (now_ns(CLOCK_MONOTONIC) >= tick) {
			tick += TICK_NS;
			must(!report_tick(r->report, tick), "report_tick");
		}
		wait_until(began + i * 1000000000 / rate);
	}
	tap_mark(r->tap);
}

static double cpu_us(int who)
{
	struct rusage used;

	getrusage(who, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec +
	       used.ru_stime.tv_usec;
}

/* CPU of the session for each incident. */
static double measure(uint64_t incidents, uint64_t rate, const char *path, double *ret_writer)
{
	const struct report_opts opts = { .json = true, .fail_on = -1, .record = path };
	struct run r = { 0 };
	const struct pf_engine_config cfg = { .on_incident = on_incident, .ctx = &r };
	double self, children = cpu_us(RUSAGE_CHILDREN);
	bool urged = false;

	must(!report_new(&r.report, &opts, NULL), "report_new");
	must(!pf_engine_new(&r.engine, &cfg), "pf_engine_new");
	if (path)
		must(!tap_new(&r.tap, PF_ENGINE_SETTLE_NS, outlets_record, report_outlets(r.report)), "tap");
	self = cpu_us(RUSAGE_SELF);
	run(&r, incidents, rate);
	self = cpu_us(RUSAGE_SELF) - self;
	must(!outlets_finish(report_outlets(r.report), -1, &urged), "outlets_finish");
	*ret_writer = (cpu_us(RUSAGE_CHILDREN) - children) / incidents;
	if (path)
		must(!tap_lost(r.tap), "%llu entries were lost", tap_lost(r.tap));
	tap_free(r.tap);
	pf_engine_free(r.engine);
	report_free(r.report);
	return self / incidents;
}

int main(void)
{
	static const struct {
		uint64_t rate, incidents;
	} rows[] = { { 100, 1000 }, { 1000, 5000 }, { 10000, 30000 }, };
	char path[] = "/tmp/pf-bench-record";
	bool met = true;
	int out = dup(STDOUT_FILENO);

	signal(SIGPIPE, SIG_IGN);
	dprintf(out, "a recording, on this host: CPU for each incident\n"
		"  incidents/s   session us   with recording us   its writer us   bytes each\n");
	must(freopen("/dev/null", "w", stdout), "/dev/null");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double none, plain, with, writer;
		struct stat st;

		unlink(path);
		plain = measure(rows[i].incidents, rows[i].rate, NULL, &none);
		with = measure(rows[i].incidents, rows[i].rate, path, &writer);
		must(!stat(path, &st), "%s", path);
		dprintf(out, "  %11llu   %10.1f   %17.1f   %13.1f   %10.0f\n", (unsigned long long)rows[i].rate,
			plain, with, writer, (double)st.st_size / rows[i].incidents);
		met &= with - plain <= GOAL_US;
	}
	unlink(path);
	dprintf(out, "goal  %-56s at most %.0f us  %s\n", "an incident recorded, to the session", GOAL_US,
		met ? "met" : "not met");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* story.c - see story.h. */
#include "story.h"

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/helper.h"
#include "record/schema.h"
#include "record/shown_pack.h"
#include "record/tap.h"

#define MS NSEC_PER_MSEC
#define SEC NSEC_PER_SEC
#define PAGE 4096u
#define WALL (1763920411ull * SEC - 100 * SEC)	/* of the moment 0: 2025-11-23T17:51:51Z */
#define T(ms) (100 * SEC + (ms) * MS)

struct telling {
	struct helper helper;
	struct tap *tap;
	struct pf_engine *engine;
	struct sink json, record;
	char *lines, *packed;
	size_t lines_len, packed_len;
	struct pf_totals totals;
	__u64 incidents[PF_VERDICT_MAX], bytes[PF_VERDICT_MAX];
};

static void send_all(int fd, const void *data, size_t len)
{
	for (const char *at = data; len;) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		assert_true(n > 0);
		at += n;
		len -= n;
	}
}

static bool put(void *ctx, __u32 kind, const void *data, size_t len, bool must)
{
	const struct frame_head head = { .kind = kind, .size = len };
	struct telling *t = ctx;

	(void)must;
	send_all(t->helper.fd, &head, sizeof(head));
	send_all(t->helper.fd, data, len);
	return true;
}

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	static const struct suspect suspects[] = { { 77, "mapper" }, { 78, "other\033[m" } };
	struct telling *t = ctx;
	struct shown shown = { .inc = inc, .wall_ns = WALL + inc->ts };

	if (inc->ino) {
		shown.path = inc->ino == 13 ? "/srv/odd \033[31m\"<&>\xff name" : "/srv/www/image.iso";
		shown.view = inc->ino == 13 ? PATH_WRITER : PATH_SELF;
	}
	shown.writer_cgroup = inc->writer.flags & PF_TASK_WHO ? "/system.slice/copy.service" : NULL;
	shown.sender_cgroup = inc->ino == 13 ? "/odd\033[33m<i>/<b>" : NULL;
	if (inc->writer.how == PF_WRITE_UNKNOWN && inc->ino) {
		shown.suspects_sought = true;
		shown.suspects = suspects;
		shown.n_suspects = 2;
	}
	t->incidents[inc->answer.verdict]++;
	t->bytes[inc->answer.verdict] += inc->bytes;
	assert_int_equal(t->json.ops->incident(&t->json, &shown), 0);
	assert_int_equal(t->record.ops->incident(&t->record, &shown), 0);
	put(t, FRAME_SHOWN, t->packed, t->packed_len, true);
	rewind(t->record.out);
	t->packed_len = 0;
}

static void feed(struct telling *t, const void *record, size_t size)
{
	tap_record(t->tap, record, size, ((const struct pf_event *)record)->ts);
	assert_int_equal(pf_engine_feed(t->engine, record, size), 0);
}

static void tick(struct telling *t, __u64 now)
{
	tap_tick(t->tap, now, true, 1);	/* at 1: the clock is told by hand */
	assert_int_equal(pf_engine_tick(t->engine, now), 0);
	tap_mark(t->tap);
}

/* So many pages have been released, each after so long. */
static void released(struct telling *t, __u64 now, int slot, unsigned int pages)
{
	t->totals.stats.to_release[slot] += pages;
	t->totals.stats.count[PF_C_attached] += pages;
	t->totals.stats.count[PF_C_released] += pages;
	tap_totals(t->tap, &t->totals, pf_engine_totals(t->engine, &t->totals), now);
}

static struct pf_ev_hit hit_of(__u64 op, __u64 conn, __u64 ino, unsigned int page)
{
	struct pf_ev_hit hit = {
		.h = { .type = PF_EV_HIT, .size = sizeof(hit) },
		.op = op, .conn = conn, .netns = 4026531840u, .flags = 0,
		.writer = { .pid = 221, .tid = 221, .how = PF_WRITE_WRITE, .comm = "dd" },
		.sender = { .pid = 100, .tid = 100, .how = PF_SEND_SENDFILE, .comm = "nginx",
			    .flags = PF_TASK_WHO },
		.who = { .cgroup = 7, .uid = 33, .ppid = 99, .parent = "nginx", .exe = "nginx" },
		.tuple = { .laddr = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, .lport = 80,
			   .raddr = { [10] = 0xff, 0xff, 10, 0, 0, 9 }, .rport = 33400 + conn, .family = 2 },
		.dev = ino ? 8ull << 20 | 1 : 0, .ino = ino,
		.file_off = 393216 + page * PAGE, .stream_off = 393472 + page * PAGE,
		.seq = 1000000 + page * PAGE, .len = PAGE, .pos = 393216, .count = 16 * PAGE,
		.before = { .una = 1000000, .nxt = 1000000 }, .after = { .una = 1000000, .nxt = 1000000 },
	};

	return hit;
}

static void done(struct telling *t, __u64 op, __u64 began, __u64 ts, unsigned int hits,
		 const struct pf_ev_hit *hit)
{
	struct pf_ev_op rec = {
		.h = { .ts = ts, .type = PF_EV_OP, .size = sizeof(rec) },
		.op = op, .began = began, .hits = hits, .dev = hit->dev, .ino = hit->ino, .pos = hit->pos,
		.count = hit->count, .writer = hit->writer, .path = "/www/image.iso",
		.stack_len = 16, .stack = { 0xffffffff81234567, 0xffffffff81000010 },
		.who = { .cgroup = 8, .uid = 1000, .ppid = 220, .parent = "sh", .exe = "dd" },
	};

	rec.writer.flags |= hit->writer.how != PF_WRITE_UNKNOWN ? PF_TASK_WHO : 0;
	feed(t, &rec, sizeof(rec));
}

static void range(struct telling *t, __u32 type, __u64 conn, __u64 ts, __u32 seq, __u32 len, __u32 why)
{
	struct pf_ev_range rec = {
		.h = { .ts = ts, .type = type, .size = sizeof(rec) },
		.conn = conn, .seq = seq, .len = len, .why = why,
	};

	feed(t, &rec, sizeof(rec));
}

/* 64 KiB queued, rewritten, sent, acknowledged. */
static void image(struct telling *t)
{
	struct pf_ev_hit hit;

	for (unsigned int page = 0; page < 16; page++) {
		hit = hit_of(1, 1, 1234, page);
		hit.attached = T(1000) + page * 1000;
		hit.h.ts = T(3529);
		feed(t, &hit, sizeof(hit));
	}
	done(t, 1, T(3520), T(3529), 16, &hit);
	tap_mark(t->tap);
	for (unsigned int page = 0; page < 16; page++)
		range(t, PF_EV_SENT, 1, T(4400) + page, 1000000 + page * PAGE, PAGE, 0);
	for (unsigned int page = 0; page < 16; page++)
		range(t, PF_EV_END, 1, T(8100) + page, 1000000 + page * PAGE, PAGE, PF_END_ACKED);
}

/* Sent before, acknowledged after: no harm was done. */
static void near_miss(struct telling *t)
{
	struct pf_ev_hit hit = hit_of(2, 2, 1234, 40);

	hit.h.ts = T(9001);
	hit.attached = T(8990);
	hit.pos = hit.file_off;
	hit.count = PAGE;
	hit.before = hit.after = (struct pf_progress){ .una = hit.seq, .nxt = hit.seq + PAGE };
	feed(t, &hit, sizeof(hit));
	done(t, 2, T(9000), T(9001), 1, &hit);
	range(t, PF_EV_END, 2, T(9010), hit.seq, PAGE, PF_END_ACKED);
}

static void memory(struct telling *t)
{
	struct pf_ev_hit hit = hit_of(3, 3, 0, 0);

	hit.h.ts = T(10000);
	hit.attached = T(9999);
	hit.sender.how = PF_SEND_ZEROCOPY;
	hit.writer = hit.sender;
	hit.writer.how = PF_WRITE_UNKNOWN;
	feed(t, &hit, sizeof(hit));
	done(t, 3, T(10000), T(10000), 1, &hit);
}

static void odd_names(struct telling *t)
{
	struct pf_ev_hit hit = hit_of(4, 4, 13, 1);

	hit.h.ts = T(11000);
	hit.attached = T(10900);
	hit.writer = (struct pf_task){ .how = PF_WRITE_UNKNOWN };
	strcpy(hit.sender.comm, "</svg>\033]0;x");
	strcpy(hit.who.parent, "<b>\033[31m");
	strcpy(hit.who.exe, "</td>\033[32m&");
	feed(t, &hit, sizeof(hit));
	done(t, 4, T(11000), T(11000), 1, &hit);
	range(t, PF_EV_END, 4, T(11001), hit.seq, PAGE, PF_END_ABORTED);
}

static void clock_pair(struct telling *t)
{
	const __u64 pair[2] = { T(0), WALL + T(0) };

	put(t, FRAME_CLOCK, pair, sizeof(pair), true);
}

static void tell(struct telling *t)
{
	struct summary sum = { .wall_ns = WALL + T(14000), .duration_ns = 14 * SEC,
			       .content = PF_CONTENT_OFF };

	tap_about(t->tap, "layout", schema_layout());
	tap_about(t->tap, "host", "host.example");
	tap_about(t->tap, "kernel", "6.12.0");
	tap_about(t->tap, "content", "off");
	tap_about_number(t->tap, "began", T(0));
	clock_pair(t);
	for (int i = 0; i < 12; i++)
		released(t, T(1000 * i), 15 + i % 4, 1u << i);
	image(t);
	near_miss(t);
	tick(t, T(9200));
	memory(t);
	odd_names(t);
	tick(t, T(13500));
	tap_end(t->tap, T(14000));
	pf_engine_end(t->engine, T(14000));
	tap_flush(t->tap);
	assert_int_equal(pf_engine_flush(t->engine), 0);
	released(t, T(14000), 25, 3);
	sum.totals = t->totals;
	memcpy(sum.incidents, t->incidents, sizeof(sum.incidents));
	memcpy(sum.bytes, t->bytes, sizeof(sum.bytes));
	assert_int_equal(t->json.ops->summary(&t->json, &sum), 0);
	assert_int_equal(t->record.ops->summary(&t->record, &sum), 0);
	put(t, FRAME_SHOWN, t->packed, t->packed_len, true);
	tap_mark(t->tap);
}

void story_make(struct story *s, const struct writer_opts *with)
{
	struct telling t = { .json = { .ops = &sink_json }, .record = { .ops = &sink_record } };
	const struct pf_engine_config cfg = { .on_incident = on_incident, .ctx = &t };
	struct writer_opts opts = with ? *with : (struct writer_opts){ 0 };

	strcpy(s->dir, "/tmp/pf-story-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/run.pf", s->dir);
	opts.path = s->path;
	fflush(NULL);
	assert_int_equal(helper_start(&t.helper, "writer", writer_run, &opts), 0);
	assert_int_equal(tap_new(&t.tap, PF_ENGINE_SETTLE_NS, put, &t), 0);
	assert_int_equal(pf_engine_new(&t.engine, &cfg), 0);
	t.json.out = open_memstream(&t.lines, &t.lines_len);
	t.record.out = open_memstream(&t.packed, &t.packed_len);
	tell(&t);
	put(&t, FRAME_END, NULL, 0, true);
	assert_int_equal(helper_end(&t.helper, 20 * SEC, -1), 0);
	fclose(t.json.out);
	fclose(t.record.out);
	free(t.packed);
	tap_free(t.tap);
	pf_engine_free(t.engine);
	s->lines = t.lines;
}

void story_free(struct story *s)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", s->dir);
	assert_int_equal(system(command), 0);
	free(s->lines);
}

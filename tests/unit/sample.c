// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sample.c - made-up incidents with values that are easy to find again.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "lib/test.h"

#define UNSENT { PF_VERDICT_CORRUPT, PF_REASON_UNSENT, PF_PHASE_QUEUED, \
		 "not transmitted when the write was complete" }
#define ACKED { PF_VERDICT_NEAR_MISS, PF_REASON_ACKED, PF_PHASE_SENT, \
		"out of this host before the write, and acknowledged since" }
#define STORED { PF_VERDICT_POSSIBLE, PF_REASON_MMAP_STORE, PF_PHASE_HELD, \
		 "made writable through a mapping, its store not seen" }

#define CONTAINER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MOMENT 5000000000000ull	/* the write was complete */

static const struct pf_range two_ranges[] = {
	{ 65536, 70012, 4096, UNSENT, 0, NULL },
	{ 69632, 74108, 100, ACKED, PF_MARK_RESENT_MENDED | PF_MARK_END_SEEN, NULL },
};

static const struct pf_range one_range[] = {
	{ 0, 1, 1ull << 40, STORED, PF_MARK_TIMED_OUT, NULL },
};

static const struct pf_ev_op op_rec = {
	.stack_len = 16,
	.stack = { 0xffffffff81234567, 0xffffffffc0001000 },
};

static void mapped(__u8 addr[16], __u8 last)
{
	const __u8 ten_net[16] = { [10] = 0xff, 0xff, 10, 0, 0, last };

	memcpy(addr, ten_net, 16);
}

struct sample sample_incident(void)
{
	struct sample s = { .inc = {
		.op = 77,
		.conn = 78,
		.answer = UNSENT,
		.bytes = 4096,
		.file_off = 65536,
		.file_len = 4096,
		.stream_off = 70012,
		.stream_len = 4096,
		.ts = MOMENT,
		.age_ns = 1834567,
		.attached_first = MOMENT - 1834567,
		.attached_last = MOMENT - 1823456,
		.began = MOMENT - 4321,
		.ended = MOMENT + 1000000000,
		.end = PF_END_ACKED,
		.writer = { .pid = 4242, .tid = 4243, .how = PF_WRITE_WRITE, .comm = "rewriter",
			    .flags = PF_TASK_WHO },
		.writer_who = { .cgroup = 5002, .uid = 1000, .ppid = 4241, .parent = "sh", .exe = "cp" },
		.sender = { .pid = 4100, .tid = 4101, .how = PF_SEND_SENDFILE, .comm = "nginx",
			    .flags = PF_TASK_WHO },
		.sender_who = { .cgroup = 5001, .uid = 33, .ppid = 4099, .parent = "nginx", .exe = "nginx" },
		.tuple = { .lport = 80, .rport = 51034, .family = 2 },
		.netns = 4026531840u,
		.dev = 8ull << 20 | 1,
		.ino = 1234,
		.op_rec = &op_rec,
		.ranges = two_ranges,
		.n_ranges = 2,
		.reader = PF_READER_ELSEWHERE,
	}, .shown = {
		.wall_ns = 1769860800123456789ull,
		.path = "/srv/www/a.iso",
		.view = PATH_SELF,
		.writer_cgroup = "/system.slice/docker-" CONTAINER ".scope",
	} };

	mapped(s.inc.tuple.laddr, 1);
	mapped(s.inc.tuple.raddr, 2);
	return s;
}

struct sample sample_odd(void)
{
	struct sample s = sample_incident();

	s.inc.answer = (struct pf_answer)STORED;
	s.inc.bytes = s.inc.file_len = s.inc.stream_len = 1ull << 40;
	s.inc.file_off = 0;
	s.inc.stream_off = 1;
	s.inc.age_ns = 12345678901ull;
	s.inc.resends = 3;
	s.inc.evidence_lost = true;
	s.inc.reader = PF_READER_HERE;
	s.shown.deleted = true;
	s.inc.ranges = one_range;
	s.inc.n_ranges = 1;
	s.shown.path = "/tmp/\"q\"\\ \n\xff\xc3\xbc/a rather long name of a file";
	s.shown.view = PATH_WRITER;
	strcpy(s.inc.writer.comm, "with\033esc\xff");
	s.inc.writer.pid = 4194304;
	s.inc.writer.how = PF_WRITE_MMAP;
	strcpy(s.inc.sender.comm, "fifteen-letters");
	memset(s.inc.tuple.laddr, 0xfe, 16);
	memset(s.inc.tuple.raddr, 0xfd, 16);
	return s;
}

struct sample sample_bare(void)
{
	struct sample s = sample_incident();

	s.inc.answer = (struct pf_answer)ACKED;
	s.shown.path = NULL;
	s.shown.view = PATH_UNKNOWN;
	s.inc.op_rec = NULL;
	s.inc.writer.flags = s.inc.sender.flags = 0;
	s.inc.began = s.inc.ended = 0;
	s.inc.end = 0;
	s.inc.ranges = two_ranges + 1;
	s.inc.n_ranges = 1;
	return s;
}

struct sample sample_unseen(void)
{
	static const struct suspect suspects[] = {
		{ 4242, "rewriter" },
		{ 4194304, "fifteen\033letter" },
	};
	struct sample s = sample_incident();

	s.inc.writer = (struct pf_task){ .how = PF_WRITE_UNKNOWN };
	s.inc.sender = (struct pf_task){ .pid = 311, .tid = 311, .how = PF_SEND_KERNEL,
				       .flags = PF_TASK_KTHREAD, .comm = "kworker/0:1H" };
	s.shown.sender_module = "nvme_tcp";
	s.shown.suspects_sought = true;
	s.shown.suspects = suspects;
	s.shown.n_suspects = 2;
	return s;
}

struct sample sample_memory(void)
{
	struct sample s = sample_bare();

	s.inc.sender.how = PF_SEND_ZEROCOPY;
	s.inc.writer = s.inc.sender;
	s.inc.writer.how = PF_WRITE_UNKNOWN;
	s.inc.dev = s.inc.ino = 0;
	return s;
}

struct summary sample_summary(void)
{
	struct summary sum = {
		.wall_ns = 1769860801000000000ull,
		.duration_ns = 2500000000ull,
		.totals = { .in_flight = 5, .conns = 1 },
		.incidents = { [PF_VERDICT_NEAR_MISS] = 2, [PF_VERDICT_CORRUPT] = 1 },
		.bytes = { [PF_VERDICT_NEAR_MISS] = 200, [PF_VERDICT_CORRUPT] = 4096 },
	};
	struct pf_stats *stats = &sum.totals.stats;

	for (int i = 0; i < PF_C_FIRST_LOSS; i++)
		stats->count[i] = 1000 + i;
	stats->to_ack[0] = 1;
	stats->to_ack[11] = 10;
	stats->to_ack[12] = 40;
	stats->to_release[PF_HIST_SLOTS - 1] = 7;
	return sum;
}

void sample_give(struct sink *sink, const struct sample *sample, int err)
{
	struct shown shown = sample->shown;

	shown.inc = &sample->inc;
	assert_int_equal(sink->ops->incident(sink, &shown), err);
}

char *sample_print(const struct sink_ops *ops, unsigned int width,
		   const struct sample *samples, size_t n, const struct summary *sum)
{
	struct sink sink = { .ops = ops, .width = width };
	char *text;
	size_t len;

	sink.out = open_memstream(&text, &len);
	assert_int_equal(ops->open(&sink), 0);
	for (size_t i = 0; i < n; i++)
		sample_give(&sink, &samples[i], 0);
	if (sum)
		assert_int_equal(ops->summary(&sink, sum), 0);
	fclose(sink.out);
	return text;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sample.c - made-up incidents with values that are easy to find again.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define UNSENT { PF_VERDICT_CORRUPT, PF_REASON_UNSENT, PF_PHASE_QUEUED, \
		 "not transmitted when the write was complete" }
#define ACKED { PF_VERDICT_NEAR_MISS, PF_REASON_ACKED, PF_PHASE_SENT, \
		"out of this host before the write, and acknowledged since" }
#define STORED { PF_VERDICT_POSSIBLE, PF_REASON_MMAP_STORE, PF_PHASE_HELD, \
		 "made writable through a mapping, its store not seen" }

static const struct pf_range two_ranges[] = {
	{ 65536, 70012, 4096, UNSENT },
	{ 69632, 74108, 100, ACKED },
};

static const struct pf_range one_range[] = {
	{ 0, 1, 1ull << 40, STORED },
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

struct pf_incident sample_incident(void)
{
	struct pf_incident inc = {
		.op = 77,
		.conn = 78,
		.wall_ns = 1769860800123456789ull,
		.answer = UNSENT,
		.bytes = 4096,
		.file_off = 65536,
		.file_len = 4096,
		.stream_off = 70012,
		.stream_len = 4096,
		.age_ns = 1834567,
		.writer = { .pid = 4242, .tid = 4243, .how = PF_WRITE_WRITE, .comm = "rewriter" },
		.sender = { .pid = 4100, .tid = 4101, .how = PF_SEND_SENDFILE, .comm = "nginx" },
		.tuple = { .lport = 80, .rport = 51034, .family = 2 },
		.netns = 4026531840u,
		.dev = 8ull << 20 | 1,
		.ino = 1234,
		.op_rec = &op_rec,
		.ranges = two_ranges,
		.n_ranges = 2,
		.path = "/srv/www/a.iso",
		.view = PATH_SELF,
	};

	mapped(inc.tuple.laddr, 1);
	mapped(inc.tuple.raddr, 2);
	return inc;
}

struct pf_incident sample_odd(void)
{
	struct pf_incident inc = sample_incident();

	inc.answer = (struct pf_answer)STORED;
	inc.bytes = inc.file_len = inc.stream_len = 1ull << 40;
	inc.file_off = 0;
	inc.stream_off = 1;
	inc.age_ns = 12345678901ull;
	inc.resends = 3;
	inc.evidence_lost = true;
	inc.local = true;
	inc.deleted = true;
	inc.ranges = one_range;
	inc.n_ranges = 1;
	inc.path = "/tmp/\"q\"\\ \n\xff\xc3\xbc/a rather long name of a file";
	inc.view = PATH_WRITER;
	strcpy(inc.writer.comm, "with\033esc\xff");
	inc.writer.pid = 4194304;
	inc.writer.how = PF_WRITE_MMAP;
	strcpy(inc.sender.comm, "fifteen-letters");
	memset(inc.tuple.laddr, 0xfe, 16);
	memset(inc.tuple.raddr, 0xfd, 16);
	return inc;
}

struct pf_incident sample_bare(void)
{
	struct pf_incident inc = sample_incident();

	inc.answer = (struct pf_answer)ACKED;
	inc.path = NULL;
	inc.view = PATH_UNKNOWN;
	inc.op_rec = NULL;
	inc.ranges = two_ranges + 1;
	inc.n_ranges = 1;
	return inc;
}

struct pf_incident sample_unseen(void)
{
	static const struct suspect suspects[] = {
		{ 4242, "rewriter" },
		{ 4194304, "fifteen\033letter" },
	};
	struct pf_incident inc = sample_incident();

	inc.writer = (struct pf_task){ .how = PF_WRITE_UNKNOWN };
	inc.sender = (struct pf_task){ .pid = 311, .tid = 311, .how = PF_SEND_KERNEL,
				       .flags = PF_TASK_KTHREAD, .comm = "kworker/0:1H" };
	inc.sender_module = "nvme_tcp";
	inc.suspects_sought = true;
	inc.suspects = suspects;
	inc.n_suspects = 2;
	return inc;
}

struct pf_incident sample_memory(void)
{
	struct pf_incident inc = sample_bare();

	inc.sender.how = PF_SEND_ZEROCOPY;
	inc.writer = inc.sender;
	inc.writer.how = PF_WRITE_UNKNOWN;
	inc.dev = inc.ino = 0;
	return inc;
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

char *sample_print(const struct sink_ops *ops, unsigned int width,
		   const struct pf_incident *incs, size_t n, const struct summary *sum)
{
	struct sink sink = { .ops = ops, .width = width };
	char *text;
	size_t len;

	sink.out = open_memstream(&text, &len);
	assert_int_equal(ops->open(&sink), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ops->incident(&sink, &incs[i]), 0);
	if (sum)
		assert_int_equal(ops->summary(&sink, sum), 0);
	fclose(sink.out);
	return text;
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_hit - the records of a write into pages in flight, field by field, as
 * they come from the kernel side.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"

#define RECORDS_MAX 64

/* What the kernel side said, in order. */
static struct {
	union {
		struct pf_event head;
		struct pf_ev_hit hit;
		struct pf_ev_op op;
		struct pf_ev_range range;
	} at[RECORDS_MAX];
	int n;
} records;

static void keep_record(void *ctx, const void *data, size_t size)
{
	(void)ctx;
	assert_non_null(pf_record_check(data, size));
	assert_true(records.n < RECORDS_MAX);
	assert_true(size <= sizeof(records.at[0]));
	memcpy(&records.at[records.n++], data, size);
}

static void take_records(int n)
{
	records.n = 0;
	assert_int_equal(loader_consume(counts_loader(), keep_record, NULL), n);
	assert_int_equal(records.n, n);
}

static void check_task(const struct pf_task *task, __u32 how)
{
	assert_int_equal(task->pid, getpid());
	assert_int_equal(task->tid, gettid());
	assert_int_equal(task->how, how);
	assert_int_equal(task->flags & PF_TASK_KTHREAD, 0);
	assert_string_equal(task->comm, "hit-test");
}

static void check_addresses(const struct pf_tuple *t, const struct flow *f)
{
	static const unsigned char lo[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	struct sockaddr_in tx, rx;
	socklen_t len = sizeof(tx);

	assert_int_equal(getsockname(f->tx, (void *)&tx, &len), 0);
	assert_int_equal(getpeername(f->tx, (void *)&rx, &len), 0);
	assert_int_equal(t->family, AF_INET);
	assert_memory_equal(t->laddr, lo, 16);
	assert_memory_equal(t->raddr, lo, 16);
	assert_int_equal(t->lport, ntohs(tx.sin_port));
	assert_int_equal(t->rport, ntohs(rx.sin_port));
}

static void check_file(__u64 dev, __u64 ino, int file)
{
	struct stat st;

	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(ino, st.st_ino);
	assert_int_equal(dev >> 20, major(st.st_dev));
	assert_int_equal(dev & 0xfffff, minor(st.st_dev));
}

/* What the record of the write below has to say of one page. */
struct want {
	__u64 file_off, stream_off;
	__u32 unacked;			/* from the page to snd_una */
	__u32 unread;			/* from copied_seq to the page; up to 10 more */
};

static void check_hit(const struct pf_ev_hit *hit, const struct want *want, struct fixture *t)
{
	struct stat ns;

	assert_int_equal(stat("/proc/self/ns/net", &ns), 0);
	assert_int_equal(hit->h.type, PF_EV_HIT);
	check_task(&hit->writer, PF_WRITE_WRITE);
	check_task(&hit->sender, PF_SEND_SENDFILE);
	check_addresses(&hit->tuple, t->flow);
	check_file(hit->dev, hit->ino, t->file);
	assert_int_equal(hit->netns, ns.st_ino);
	assert_int_equal(hit->flags, PF_HIT_LOCAL | PF_HIT_HERE);
	assert_int_equal(hit->pos, PAGES(2) - 6);
	assert_int_equal(hit->count, 11);
	assert_int_equal(hit->file_off, want->file_off);
	assert_int_equal(hit->stream_off, want->stream_off);
	assert_int_equal(hit->len, FLOW_PAGE);
	assert_int_equal(hit->resends, 0);
	/* Everything is acknowledged and nothing is read, before and after the write. */
	assert_int_equal(hit->before.una, hit->before.nxt);
	assert_int_equal(hit->after.una, hit->after.nxt);
	assert_int_equal(hit->after.una - hit->seq, want->unacked);
	/* `read` starts at the first page: the kernel side does not ask about the head. */
	assert_in_range(hit->seq - hit->before.read, want->unread, want->unread + 10);
	assert_int_equal(hit->after.read, hit->before.read);
}

/* One write over the border of two of five pages, nothing read. */
TEST(write_over_two_pages, .pages = 5, .named = true, .flow.rcvbuf = 1 << 20)
{
	const struct want want[] = {
		{ .file_off = PAGES(1), .stream_off = 10 + PAGES(1), .unacked = PAGES(4),
		  .unread = PAGES(1) },
		{ .file_off = PAGES(2), .stream_off = 10 + PAGES(2), .unacked = PAGES(3),
		  .unread = PAGES(2) },
	};
	const struct pf_ev_op *op = &records.at[2].op;
	int first;

	assert_int_equal(send(t->tx, "0123456789", 10, 0), 10);
	flow_sendfile(t->tx, t->file, 0, PAGES(5));
	flow_wait_acked(t->tx);
	assert_int_equal(pwrite(t->file, "replacement", 11, PAGES(2) - 6), 11);
	counts_are(writes, 1);
	counts_are(hits, 2);
	take_records(3);
	assert_int_equal(op->h.type, PF_EV_OP);
	first = records.at[0].hit.file_off == FLOW_PAGE ? 0 : 1;	/* in any order */
	for (int i = 0; i < 2; i++) {
		const struct pf_ev_hit *hit = &records.at[i ^ first].hit;

		check_hit(hit, &want[i], t);
		assert_int_equal(hit->op, op->op);
		assert_int_equal(hit->conn, records.at[0].hit.conn);
		assert_true(hit->attached < op->began && op->began < op->h.ts);
	}
	assert_int_equal(op->pos, PAGES(2) - 6);
	assert_int_equal(op->count, 11);
	assert_int_equal(op->hits, 2);
	assert_int_equal(op->flags, 0);
	check_task(&op->writer, PF_WRITE_WRITE);
	check_file(op->dev, op->ino, t->file);
	assert_string_equal(pf_op_path(op), t->path + strlen("/tmp"));
	fixture_end(t);
	take_records(2);	/* the ends of the two pages */
}

/* The ends of pages that were hit are reported, one for each, and no others. */
TEST(ends_of_hit_pages, .pages = 5, .named = true)
{
	struct pf_ev_hit hit[2];

	flow_sendfile(t->tx, t->file, 0, PAGES(5));
	assert_int_equal(pwrite(t->file, "x", 1, PAGES(3)), 1);
	assert_int_equal(pwrite(t->file, "y", 1, PAGES(4)), 1);
	take_records(4);
	hit[0] = records.at[0].hit;
	hit[1] = records.at[2].hit;
	assert_int_not_equal(hit[0].op, hit[1].op);
	flow_read(t->rx, PAGES(5), -1);
	counts_reach(released, 5);
	take_records(2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(records.at[i].head.type, PF_EV_END);
		assert_int_equal(records.at[i].range.conn, hit[i].conn);
		assert_int_equal(records.at[i].range.seq, hit[i].seq);
		assert_int_equal(records.at[i].range.len, FLOW_PAGE);
		assert_int_equal(records.at[i].range.why, PF_END_READ);
	}
	/* Once the pages are read, the same write is not reported. */
	assert_int_equal(pwrite(t->file, "x", 1, PAGES(3)), 1);
	counts_are(hits, 2);
	take_records(0);
}

/* One page on 37 connections: one write, 37 hits, one op. */
TEST(one_page_on_many_connections, .pages = 1, .named = true, .flows = 37)
{
	for (int i = 0; i < 37; i++)
		flow_sendfile(t->flow[i].tx, t->file, 0, PAGES(1));
	assert_int_equal(pwrite(t->file, "x", 1, 7), 1);
	counts_are(conns, 37);
	counts_are(writes, 1);
	counts_are(hits, 37);
	take_records(38);
	for (int i = 0; i < 37; i++)
		assert_int_equal(records.at[i].head.type, PF_EV_HIT);
	assert_int_equal(records.at[37].head.type, PF_EV_OP);
	assert_int_equal(records.at[37].op.hits, 37);
	for (int i = 0; i < 37; i++)
		flow_read(t->flow[i].rx, PAGES(1), -1);
	fixture_end(t);
	take_records(37);
}

/* Writes to other bytes of the page, to another page or to another file are not reported. */
TEST(writes_beside_the_bytes, .pages = 3, .named = true)
{
	int other = flow_file(PAGES(3));
	const struct {
		int file;
		off_t off;
	} beside[] = {
		{ t->file, PAGES(1) + 999 },
		{ t->file, PAGES(1) + 2000 },
		{ t->file, 1000 },
		{ t->file, PAGES(2) + 1000 },
		{ other, PAGES(1) + 1000 },
	};

	flow_sendfile(t->tx, t->file, PAGES(1) + 1000, 1000);
	for (size_t i = 0; i < ARRAY_LEN(beside); i++)
		assert_int_equal(pwrite(beside[i].file, "x", 1, beside[i].off), 1);
	counts_are(hits, 0);
	take_records(0);
	assert_int_equal(pwrite(t->file, "x", 1, PAGES(1) + 1000), 1);
	assert_int_equal(pwrite(t->file, "x", 1, PAGES(1) + 1999), 1);
	counts_are(hits, 2);
	take_records(4);
	flow_read(t->rx, 1000, -1);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(write_over_two_pages),
		RUN(ends_of_hit_pages),
		RUN(one_page_on_many_connections),
		RUN(writes_beside_the_bytes),
	};

	prctl(PR_SET_NAME, "hit-test");
	return fixture_main("hit", tests);
}

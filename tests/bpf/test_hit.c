// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_hit - the records of a write into pages in flight, field by field, as
 * they come from the kernel side.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "counts.h"
#include "engine/event.h"
#include "flow.h"

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

static void ignore_record(void *ctx, const void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
}

/* Without what a failed test has left. */
static void start(void)
{
	counts_start();
	assert_true(loader_consume(counts_loader(), ignore_record, NULL) >= 0);
}

static void keep_record(void *ctx, const void *data, size_t size)
{
	const struct pf_event *ev;

	(void)ctx;
	assert_int_equal(event_check(data, size, &ev), EVENT_OK);
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

static char path[] = "/tmp/pf-hit-XXXXXX";

/* A file with a name, so that records can name it. */
static int named_file(int pages)
{
	unsigned char buf[FLOW_PAGE];
	int fd, i, k;

	strcpy(path, "/tmp/pf-hit-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	for (i = 0; i < pages; i++) {
		for (k = 0; k < FLOW_PAGE; k++)
			buf[k] = flow_byte(i * FLOW_PAGE + k);
		assert_int_equal(write(fd, buf, FLOW_PAGE), FLOW_PAGE);
	}
	return fd;
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

/* One write over the border of two of five pages, nothing read. */
static void write_over_two_pages(void **state)
{
	const struct flow_opts opts = { .rcvbuf = 1 << 20 };
	int file = named_file(5), i, first;
	const struct pf_ev_hit *hit;
	const struct pf_ev_op *op;
	struct stat ns;
	struct flow f;

	(void)state;
	start();
	flow_open(&f, &opts);
	assert_int_equal(send(f.tx, "0123456789", 10, 0), 10);
	flow_sendfile(f.tx, file, 0, 5 * FLOW_PAGE);
	flow_wait_acked(f.tx);
	assert_int_equal(pwrite(file, "replacement", 11, 2 * FLOW_PAGE - 6), 11);
	counts_are(writes, 1);
	counts_are(hits, 2);
	take_records(3);
	op = &records.at[2].op;
	assert_int_equal(op->h.type, PF_EV_OP);
	assert_int_equal(stat("/proc/self/ns/net", &ns), 0);
	first = records.at[0].hit.file_off == FLOW_PAGE ? 0 : 1;	/* in any order */
	for (i = 0; i < 2; i++) {
		hit = &records.at[i ^ first].hit;
		assert_int_equal(hit->h.type, PF_EV_HIT);
		assert_int_equal(hit->op, op->op);
		assert_int_equal(hit->conn, records.at[0].hit.conn);
		check_task(&hit->writer, PF_WRITE_WRITE);
		check_task(&hit->sender, PF_SEND_SENDFILE);
		check_addresses(&hit->tuple, &f);
		check_file(hit->dev, hit->ino, file);
		assert_int_equal(hit->netns, ns.st_ino);
		assert_int_equal(hit->flags, PF_HIT_LOCAL);
		assert_int_equal(hit->pos, 2 * FLOW_PAGE - 6);
		assert_int_equal(hit->count, 11);
		assert_int_equal(hit->file_off, (i + 1) * FLOW_PAGE);
		assert_int_equal(hit->stream_off, 10 + (i + 1) * FLOW_PAGE);
		assert_int_equal(hit->len, FLOW_PAGE);
		assert_int_equal(hit->resends, 0);
		assert_true(hit->attached < op->began && op->began < op->h.ts);
		/* All acknowledged, nothing read, before and after alike. */
		assert_int_equal(hit->before.una, hit->before.nxt);
		assert_int_equal(hit->after.una, hit->after.nxt);
		assert_int_equal(hit->after.una - hit->seq, (4 - i) * FLOW_PAGE);
		/* `read` begins with the first page: whether the head is read is not asked. */
		assert_in_range(hit->seq - hit->before.read, (i + 1) * FLOW_PAGE,
				(i + 1) * FLOW_PAGE + 10);
		assert_int_equal(hit->after.read, hit->before.read);
	}
	assert_int_equal(op->pos, 2 * FLOW_PAGE - 6);
	assert_int_equal(op->count, 11);
	assert_int_equal(op->hits, 2);
	assert_int_equal(op->flags, 0);
	check_task(&op->writer, PF_WRITE_WRITE);
	check_file(op->dev, op->ino, file);
	assert_string_equal(event_path(op), path + strlen("/tmp"));
	flow_close(&f);
	counts_all_gone();
	counts_nothing_lost();
	take_records(2);	/* the ends of the two pages */
	unlink(path);
	close(file);
}

/* The ends of pages that were hit are reported, one for each, and no others. */
static void ends_of_hit_pages(void **state)
{
	int file = named_file(5), i;
	struct pf_ev_hit hit[2];
	struct flow f;

	(void)state;
	start();
	flow_open(&f, NULL);
	flow_sendfile(f.tx, file, 0, 5 * FLOW_PAGE);
	assert_int_equal(pwrite(file, "x", 1, 3 * FLOW_PAGE), 1);
	assert_int_equal(pwrite(file, "y", 1, 4 * FLOW_PAGE), 1);
	take_records(4);
	hit[0] = records.at[0].hit;
	hit[1] = records.at[2].hit;
	assert_int_not_equal(hit[0].op, hit[1].op);
	flow_read(f.rx, 5 * FLOW_PAGE, -1);
	counts_reach(released, 5);
	take_records(2);
	for (i = 0; i < 2; i++) {
		assert_int_equal(records.at[i].head.type, PF_EV_END);
		assert_int_equal(records.at[i].range.conn, hit[i].conn);
		assert_int_equal(records.at[i].range.seq, hit[i].seq);
		assert_int_equal(records.at[i].range.len, FLOW_PAGE);
		assert_int_equal(records.at[i].range.why, PF_END_READ);
	}
	/* Read: the same write again is nothing. */
	assert_int_equal(pwrite(file, "x", 1, 3 * FLOW_PAGE), 1);
	counts_are(hits, 2);
	take_records(0);
	flow_close(&f);
	counts_all_gone();
	counts_nothing_lost();
	unlink(path);
	close(file);
}

/* One page on 37 connections: one write, 37 hits, one op. */
static void one_page_on_many_connections(void **state)
{
	int file = named_file(1), i;
	struct flow f[37];

	(void)state;
	start();
	for (i = 0; i < 37; i++) {
		flow_open(&f[i], NULL);
		flow_sendfile(f[i].tx, file, 0, FLOW_PAGE);
	}
	assert_int_equal(pwrite(file, "x", 1, 7), 1);
	counts_are(conns, 37);
	counts_are(writes, 1);
	counts_are(hits, 37);
	take_records(38);
	for (i = 0; i < 37; i++)
		assert_int_equal(records.at[i].head.type, PF_EV_HIT);
	assert_int_equal(records.at[37].head.type, PF_EV_OP);
	assert_int_equal(records.at[37].op.hits, 37);
	for (i = 0; i < 37; i++) {
		flow_read(f[i].rx, FLOW_PAGE, -1);
		flow_close(&f[i]);
	}
	counts_all_gone();
	counts_nothing_lost();
	take_records(37);
	unlink(path);
	close(file);
}

/* Same page, other bytes; other page; other file: nothing is said. */
static void writes_beside_the_bytes(void **state)
{
	int file = named_file(3), other = flow_file(3 * FLOW_PAGE);
	struct flow f;

	(void)state;
	start();
	flow_open(&f, NULL);
	flow_sendfile(f.tx, file, FLOW_PAGE + 1000, 1000);
	assert_int_equal(pwrite(file, "x", 1, FLOW_PAGE + 999), 1);
	assert_int_equal(pwrite(file, "x", 1, FLOW_PAGE + 2000), 1);
	assert_int_equal(pwrite(file, "x", 1, 1000), 1);
	assert_int_equal(pwrite(file, "x", 1, 2 * FLOW_PAGE + 1000), 1);
	assert_int_equal(pwrite(other, "x", 1, FLOW_PAGE + 1000), 1);
	counts_are(hits, 0);
	take_records(0);
	assert_int_equal(pwrite(file, "x", 1, FLOW_PAGE + 1000), 1);
	assert_int_equal(pwrite(file, "x", 1, FLOW_PAGE + 1999), 1);
	counts_are(hits, 2);
	take_records(4);
	flow_read(f.rx, 1000, -1);
	flow_close(&f);
	counts_all_gone();
	counts_nothing_lost();
	unlink(path);
	close(file);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(write_over_two_pages, flow_clean),
		cmocka_unit_test_teardown(ends_of_hit_pages, flow_clean),
		cmocka_unit_test_teardown(one_page_on_many_connections, flow_clean),
		cmocka_unit_test_teardown(writes_beside_the_bytes, flow_clean),
	};

	prctl(PR_SET_NAME, "hit-test");
	return cmocka_run_group_tests_name("hit", tests, counts_setup, counts_teardown);
}
